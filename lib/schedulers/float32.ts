import { commonLength, type Term } from './weighted-sum.js';

/**
 * Element-wise arithmetic that rounds to float32 after every operation, as torch does. Where large numbers cancel
 * (zero terminal SNR starts at σ = 4096) the rounding shows in the image, so it has to be the same.
 */

const { fround } = Math;

/** a + weight · b. */
export function addScaled(a: Float32Array, weight: number, b: Float32Array): Float32Array {
  const length = commonLength([a, b]);
  const w = fround(weight);
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = a[i]! + fround(w * b[i]!);
  return result;
}

/** weightA · a + weightB · b. */
export function sumOfTwo([weightA, a]: Term, [weightB, b]: Term): Float32Array {
  const length = commonLength([a, b]);
  const [wa, wb] = [fround(weightA), fround(weightB)];
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = fround(wa * a[i]!) + fround(wb * b[i]!);
  return result;
}

/** (a − weight · b) / divisor. */
export function differenceOver(
  a: Float32Array,
  weight: number,
  b: Float32Array,
  divisor: number,
): Float32Array {
  const length = commonLength([a, b]);
  const [w, d] = [fround(weight), fround(divisor)];
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = fround(a[i]! - fround(w * b[i]!)) / d;
  return result;
}

/** weight · a + factor · b / divisor. */
export function sumWithQuotient(
  weight: number,
  a: Float32Array,
  factor: number,
  b: Float32Array,
  divisor: number,
): Float32Array {
  const length = commonLength([a, b]);
  const [w, f, d] = [fround(weight), fround(factor), fround(divisor)];
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = fround(w * a[i]!) + fround(fround(f * b[i]!) / d);
  return result;
}

/** values / divisor. */
export function divide(values: Float32Array, divisor: number): Float32Array {
  const d = fround(divisor);
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i]! / d;
  return result;
}

/** weight · values. */
export function multiply(values: Float32Array, weight: number): Float32Array {
  const w = fround(weight);
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = w * values[i]!;
  return result;
}

/** Values limited to [−range, range]. */
export function clamp(values: Float32Array, range: number): Float32Array {
  const limit = fround(range);
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = Math.min(Math.max(values[i]!, -limit), limit);
  return result;
}

/**
 * One step of Euler's method: start + (sample − original) / σ · dt, the derivative of dx/dσ times the step.
 *
 * @param start - the sample to step from. Default: `sample`
 */
export function eulerStep(
  sample: Float32Array,
  original: Float32Array,
  sigma: number,
  dt: number,
  start = sample,
): Float32Array {
  const length = commonLength([sample, original, start]);
  const [s, step] = [fround(sigma), fround(dt)];
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const derivative = fround(fround(sample[i]! - original[i]!) / s);
    result[i] = start[i]! + fround(derivative * step);
  }
  return result;
}

/** (sample − original) / σ, the derivative dx/dσ. */
export function derivative(sample: Float32Array, original: Float32Array, sigma: number): Float32Array {
  const length = commonLength([sample, original]);
  const s = fround(sigma);
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) result[i] = fround(sample[i]! - original[i]!) / s;
  return result;
}
