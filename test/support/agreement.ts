/** How far values are from the expected ones: the largest difference, as a part of the expected values' deviation. */
export function relativeToDeviation(values: Float32Array, expected: Float32Array): number {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    sum += expected[i]!;
    squares += expected[i]! ** 2;
    largest = Math.max(largest, Math.abs(values[i]! - expected[i]!));
    if (Number.isNaN(values[i])) return Number.NaN;
  }
  const mean = sum / expected.length;
  return largest / Math.sqrt(squares / expected.length - mean ** 2);
}

/** Peak signal-to-noise ratio of 8-bit pictures in dB; infinite for equal ones. */
export function psnr(values: Uint8Array, expected: Uint8Array): number {
  let squares = 0;
  for (let i = 0; i < expected.length; i++) squares += (values[i]! - expected[i]!) ** 2;
  return 10 * Math.log10(255 ** 2 / (squares / expected.length));
}
