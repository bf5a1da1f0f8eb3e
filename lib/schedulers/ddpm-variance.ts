import { ShapeMismatchError } from '../common/errors.js';

/** How the variance of the noise that a step of DDPM adds is found. */
export type VarianceType =
  'fixed_small' | 'fixed_small_log' | 'fixed_large' | 'fixed_large_log' | 'learned' | 'learned_range';

const { fround } = Math;
/** Variances below are taken as this one. */
const MIN_VARIANCE = 1e-20;

/** The two bounds of the variance of a step, which of the paper's formulas are β̃ and β. */
export interface VarianceBounds {
  /** β̃ = (1 − ᾱ_{t−1}) / (1 − ᾱ_t) · β, the posterior's if the data is one point. */
  readonly small: number;
  /** β, the posterior's if the data is noise. */
  readonly large: number;
}

/** @param alpha - ᾱ of the timestep; `previousAlpha` - ᾱ of the one that the step leads to; both in float32 */
export function varianceBounds(alpha: number, previousAlpha: number): VarianceBounds {
  const large = fround(1 - fround(alpha / previousAlpha));
  const ratio = fround(fround(1 - previousAlpha) / fround(1 - alpha));
  return { small: Math.max(fround(ratio * large), MIN_VARIANCE), large };
}

/** Standard deviation of the noise for the variance types that are not learned. */
export function fixedDeviation(type: VarianceType, { small, large }: VarianceBounds): number {
  return Math.sqrt(type.startsWith('fixed_large') ? large : small);
}

/** The noise of a step multiplied by the deviations that the UNet predicts. */
export function learnedNoise(
  type: VarianceType,
  { small, large }: VarianceBounds,
  predicted: Float32Array,
  noise: Float32Array,
): Float32Array {
  if (type === 'learned') return noise.map((value, i) => Math.sqrt(predicted[i]!) * value);
  const [least, most] = [fround(Math.log(small)), fround(Math.log(large))];
  return noise.map((value, i) => {
    const share = fround(fround(predicted[i]! + 1) / 2);
    const log = fround(fround(share * most) + fround(fround(1 - share) * least));
    return fround(Math.exp(0.5 * log)) * value;
  });
}

/**
 * A prediction of twice as many channels as the sample, divided: for each image the prediction comes first, then the
 * variance.
 *
 * @throws ShapeMismatchError for a prediction of another size
 */
export function splitVariance(
  output: Float32Array,
  sample: Float32Array,
  batchSize: number,
): { output: Float32Array; variance: Float32Array } {
  const size = sample.length / batchSize;
  if (output.length !== 2 * sample.length || !Number.isInteger(size)) {
    throw new ShapeMismatchError(
      `A learned variance needs a prediction of ${2 * sample.length} elements, twice the sample's, for ${batchSize} ` +
        `images but received ${output.length}`,
    );
  }
  const halves = { output: new Float32Array(sample.length), variance: new Float32Array(sample.length) };
  for (let start = 0; start < sample.length; start += size) {
    halves.output.set(output.subarray(2 * start, 2 * start + size), start);
    halves.variance.set(output.subarray(2 * start + size, 2 * (start + size)), start);
  }
  return halves;
}
