/**
 * The guidance scale as UNets distilled with guidance take it (`timestep_cond`): sinusoids of w = guidanceScale − 1, as
 * diffusers' `get_guidance_scale_embedding` computes them, in single precision.
 *
 * @param width - of the embedding, from 4; 256 for LCM
 * @param rows - images in the batch; each row is the same
 * @returns shape [rows, width], flattened: sines, then cosines, and a zero for an odd width
 * @see https://arxiv.org/abs/2310.04378 — "Latent Consistency Models", section 4.2
 */
export function guidanceScaleEmbedding(guidanceScale: number, width: number, rows: number): Float32Array {
  const { fround } = Math;
  const half = Math.floor(width / 2);
  const scaled = fround(fround(guidanceScale - 1) * 1000);
  const exponent = fround(fround(Math.log(10000)) / (half - 1));
  const row = new Float32Array(width);
  for (let i = 0; i < half; i++) {
    const angle = fround(scaled * fround(Math.exp(fround(i * -exponent))));
    row[i] = Math.sin(angle);
    row[half + i] = Math.cos(angle);
  }
  const embedding = new Float32Array(rows * width);
  for (let image = 0; image < rows; image++) embedding.set(row, image * width);
  return embedding;
}
