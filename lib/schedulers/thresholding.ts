import { InvalidArgumentError } from '../common/errors.js';
import type { ThresholdingConfig } from './noise-config.js';

/**
 * Dynamic thresholding of Imagen (https://arxiv.org/abs/2205.11487): each image is clamped to a quantile of its own
 * absolute values, at least 1 and at most `sampleMaxValue`, and divided by it.
 *
 * @throws InvalidArgumentError when the sample does not divide into `batchSize` images
 */
export function threshold(
  sample: Float32Array,
  batchSize: number,
  config: Omit<ThresholdingConfig, 'thresholding'>,
): Float32Array {
  const size = sample.length / batchSize;
  if (!Number.isInteger(size)) {
    throw new InvalidArgumentError(
      `A sample of ${sample.length} elements does not divide into ${batchSize} images`,
    );
  }
  const result = new Float32Array(sample.length);
  for (let start = 0; start < sample.length; start += size) {
    const quantile = quantileOfAbsolutes(
      sample.subarray(start, start + size),
      config.dynamicThresholdingRatio,
    );
    const limit = Math.min(Math.max(quantile, 1), config.sampleMaxValue);
    for (let i = start; i < start + size; i++) {
      result[i] = Math.min(Math.max(sample[i]!, -limit), limit) / limit;
    }
  }
  return result;
}

/** torch.quantile of the absolute values, interpolating between neighbours. */
function quantileOfAbsolutes(values: Float32Array, ratio: number): number {
  const position = ratio * (values.length - 1);
  const absolutes = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) absolutes[i] = Math.abs(values[i]!);
  const low = orderStatistic(absolutes, Math.floor(position));
  const high = orderStatistic(absolutes, Math.ceil(position));
  return low + (position - Math.floor(position)) * (high - low);
}

const HALF_BITS = 16;
const HALF_VALUES = 2 ** HALF_BITS;

/**
 * The value that would stand at `rank` if the values, from 0 up, were sorted. Sorting 4×128×128 of them takes longer
 * than all else of a step; the bits of such numbers sort as the numbers do, so two counts find it.
 */
function orderStatistic(values: Float32Array, rank: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const high = new Uint32Array(HALF_VALUES);
  for (const word of bits) high[word >>> HALF_BITS]!++;
  const upper = bucketOf(high, rank);
  const low = new Uint32Array(HALF_VALUES);
  for (const word of bits) if (word >>> HALF_BITS === upper.index) low[word % HALF_VALUES]!++;
  const lower = bucketOf(low, upper.rank);
  return new Float32Array(Uint32Array.of(upper.index * HALF_VALUES + lower.index).buffer)[0]!;
}

/** The bucket that an item of a rank falls into, and its rank in it. */
function bucketOf(counts: Uint32Array, rank: number): { index: number; rank: number } {
  let [index, before] = [0, 0];
  while (before + counts[index]! <= rank) before += counts[index++]!;
  return { index, rank: rank - before };
}
