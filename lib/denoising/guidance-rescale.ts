/**
 * Guidance rescale: a guided prediction is rescaled towards the standard deviation of the conditional one, image by
 * image, against the overexposure of large guidance scales (https://arxiv.org/abs/2305.08891, section 3.4); diffusers'
 * `rescale_noise_cfg`.
 *
 * @param guided - changed in place
 * @param conditional - the prediction for the prompts, of the same size
 * @param images - in the batch
 * @param rescale - 0 for none, 1 for the conditional deviation itself
 * @returns `guided`
 */
export function rescaleGuidance(
  guided: Float32Array,
  conditional: Float32Array,
  images: number,
  rescale: number,
): Float32Array {
  const size = guided.length / images;
  for (let start = 0; start < guided.length; start += size) {
    const end = start + size;
    const ratio = deviation(conditional, start, end) / deviation(guided, start, end);
    // A prediction without any deviation has none to rescale.
    if (!Number.isFinite(ratio)) continue;
    const factor = rescale * ratio + (1 - rescale);
    for (let i = start; i < end; i++) guided[i]! *= factor;
  }
  return guided;
}

/** The standard deviation of a range of values; of two passes, as the mean may be far from 0. */
function deviation(values: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += values[i]!;
  const mean = sum / (end - start);
  let squares = 0;
  for (let i = start; i < end; i++) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / (end - start));
}
