import { fusedMultiplyAdd as fma } from './fused.js';

/**
 * The float32 logarithm, sine and cosine of torch's vectorised randn on x86: Cephes' polynomials, with products and
 * sums fused where the compiler of torch's binaries fuses them. Other correct implementations differ in the last bit,
 * and so would the noise. native/random.cc does the same.
 *
 * @see https://www.netlib.org/cephes/ (logf.c, sinf.c)
 */

const { fround } = Math;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const LOG_POLYNOMIAL = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);
const SQRT_HALF = fround(Math.SQRT1_2);
/** ln 2 in two parts, the first of few bits. */
const LN2_LOW = fround(-2.1219444e-4);
const LN2_HIGH = fround(0.693359375);

const SIN_POLYNOMIAL = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(fround);
const COS_POLYNOMIAL = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(fround);
const FOUR_OVER_PI = fround(1.27323954473516);
/** −π/4 in three parts. */
const MINUS_QUARTER_PI = [-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8].map(fround);

function polynomial(coefficients: readonly number[], x: number): number {
  let value = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) value = fma(value, x, coefficients[i]!);
  return value;
}

/** ln x for a normal, positive x. */
export function log(x: number): number {
  float[0] = x;
  let exponent = (bits[0]! >> 23) - 126;
  bits[0] = (bits[0]! & 0x7fffff) | 0x3f000000;
  let mantissa = float[0];
  if (mantissa < SQRT_HALF) {
    exponent -= 1;
    mantissa = fround(fround(mantissa - 1) + mantissa);
  } else mantissa = fround(mantissa - 1);
  const square = fround(mantissa * mantissa);
  let y = fround(polynomial(LOG_POLYNOMIAL, mantissa) * mantissa);
  y = fma(y, square, fround(exponent * LN2_LOW));
  y = fma(-square, 0.5, y);
  return fma(exponent, LN2_HIGH, fround(mantissa + y));
}

/** Sine and cosine of an angle from 0. */
export function sincos(angle: number): [sin: number, cos: number] {
  const octant = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = angle;
  for (const part of MINUS_QUARTER_PI) x = fma(octant, part, x);
  const square = fround(x * x);
  let cosine = fround(polynomial(COS_POLYNOMIAL, square) * square);
  cosine = fma(cosine, square, -fround(square * 0.5));
  cosine = fround(cosine + 1);
  const sine = fma(fround(polynomial(SIN_POLYNOMIAL, square) * square), x, x);
  const swapped = (octant & 2) !== 0;
  const sin = swapped ? cosine : sine;
  const cos = swapped ? sine : cosine;
  return [octant & 4 ? -sin : sin, (octant - 2) & 4 ? cos : -cos];
}

const TWO_PI = fround(2 * Math.PI);
/** Half of the 16 numbers that torch transforms at a time. */
const HALF_BLOCK = 8;

/** Box–Muller: turns a block of 16 uniform numbers into normal ones, the first half with the second. */
export function boxMuller(values: Float32Array, start: number): void {
  for (let i = start; i < start + HALF_BLOCK; i++) {
    const radius = fround(Math.sqrt(fround(-2 * log(1 - values[i]!))));
    const [sin, cos] = sincos(fround(TWO_PI * values[i + HALF_BLOCK]!));
    values[i] = radius * cos;
    values[i + HALF_BLOCK] = radius * sin;
  }
}
