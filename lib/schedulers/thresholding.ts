import { InvalidArgumentError } from '../common/errors.js';
import { clamp } from './float32.js';
import type { ClippingConfig, ThresholdingConfig } from './noise-config.js';

/**
 * The predicted image x_0 limited as a config asks: by dynamic thresholding, else by clipping, else not at all.
 *
 * @param batchSize - images in the flattened tensor
 * @throws InvalidArgumentError as `threshold`
 */
export function limitOriginalSample(
  original: Float32Array,
  batchSize: number,
  config: ThresholdingConfig & ClippingConfig,
): Float32Array {
  if (config.thresholding) return threshold(original, batchSize, config);
  return config.clipSample ? clamp(original, config.clipSampleRange) : original;
}

/**
 * Dynamic thresholding of Imagen (https://arxiv.org/abs/2205.11487): each image is clamped to a quantile of its own
 * absolute values, at least 1 unless `sampleMaxValue` is less and at most that, and divided by it.
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
  const rank = Math.floor(position);
  const select = absoluteByRank(values);
  const low = select(rank);
  return position === rank ? low : low + (position - rank) * (select(rank + 1) - low);
}

const HALF_BITS = 16;
const HALF_VALUES = 2 ** HALF_BITS;
const WITHOUT_SIGN = 0x7fff_ffff;

/* eslint-disable @typescript-eslint/prefer-for-of -- a typed array's iterator is slow until the loop is compiled */

/**
 * The absolute value at a rank, as if they were sorted. Sorting 4×128×128 of them takes longer than all else of a
 * step, but the bits of positive floats sort as the floats do: counting the upper halves of the bits, then the lower
 * ones of those that share the upper half, finds it.
 */
function absoluteByRank(values: Float32Array): (rank: number) => number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const upperHalves = new Uint32Array(HALF_VALUES);
  for (let i = 0; i < bits.length; i++) upperHalves[(bits[i]! & WITHOUT_SIGN) >>> HALF_BITS]!++;
  return (rank) => {
    const upper = bucketOf(upperHalves, rank);
    const lowerHalves = new Uint32Array(HALF_VALUES);
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]! & WITHOUT_SIGN;
      if (word >>> HALF_BITS === upper.index) lowerHalves[word % HALF_VALUES]!++;
    }
    const lower = bucketOf(lowerHalves, upper.rank);
    return new Float32Array(Uint32Array.of(upper.index * HALF_VALUES + lower.index).buffer)[0]!;
  };
}

/* eslint-enable @typescript-eslint/prefer-for-of */

/** The bucket that the item of a rank is in, and its rank there. */
function bucketOf(counts: Uint32Array, rank: number): { index: number; rank: number } {
  let [index, before] = [0, 0];
  while (before + counts[index]! <= rank) before += counts[index++]!;
  return { index, rank: rank - before };
}
