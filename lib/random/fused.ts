const { fround } = Math;
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** The half of a double that holds the end of its mantissa. */
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/**
 * a · b + c in float32 with one rounding, as an FMA instruction; the arguments are float32.
 *
 * The product is exact in float64, the sum is not, and rounding it again could go wrong at a tie. So the sum is
 * rounded to odd first (Boldo & Melquiond, "Emulation of FMA and correctly rounded sums", IEEE ToC 2008).
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const part = sum - product;
  const error = product - (sum - part) + (c - part);
  if (error === 0) return fround(sum);
  double[0] = sum;
  if ((words[LOW]! & 1) === 0) {
    // To the odd neighbour on the side of the exact sum, away from zero or towards it.
    if (error > 0 === sum > 0) words[LOW]!++;
    else if (words[LOW] === 0) {
      words[LOW] = -1;
      words[1 - LOW]!--;
    } else words[LOW]!--;
  }
  return fround(double[0]);
}
