export interface ThresholdingConfig {
  dynamicThresholdingRatio: number;
  sampleMaxValue: number;
}

/**
 * Imagen's dynamic thresholding (https://arxiv.org/abs/2205.11487): each picture is clamped to a quantile of its own
 * absolute values, at least 1, and divided by it.
 */
export function threshold(sample: Float32Array, images: number, config: ThresholdingConfig): Float32Array {
  const result = new Float32Array(sample.length);
  const each = sample.length / images;
  for (let start = 0; start < sample.length; start += each) {
    const one = sample.subarray(start, start + each);
    const limit = Math.min(
      Math.max(quantile(one.map(Math.abs).sort(), config.dynamicThresholdingRatio), 1),
      config.sampleMaxValue,
    );
    one.forEach((value, i) => {
      result[start + i] = Math.min(Math.max(value, -limit), limit) / limit;
    });
  }
  return result;
}

/** torch.quantile, interpolating between neighbours. */
function quantile(sorted: Float32Array, ratio: number): number {
  const position = ratio * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low]! + (position - low) * (sorted[high]! - sorted[low]!);
}
