/** What numpy and torch compute, where plain arithmetic would differ in the last place. */

const { fround } = Math;

/** numpy.linspace in float64, both ends included. */
export function linspace(start: number, stop: number, count: number): number[] {
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? stop : start + i * step));
}

/** torch.linspace in float32, which counts from the nearer end. */
export function linspaceF32(start: number, stop: number, count: number): Float32Array {
  const [first, last] = [fround(start), fround(stop)];
  const step = count > 1 ? fround(fround(last - first) / (count - 1)) : 0;
  return Float32Array.from({ length: count }, (_, i) =>
    i < count / 2 ? first + step * i : last - step * (count - 1 - i),
  );
}

/**
 * numpy.arange in float64 from `start` to above 0 in steps of −`ratio`. Its rounding may give one element more than
 * expected, which is 0 or hardly above.
 */
export function arangeDown(start: number, ratio: number): number[] {
  const step = start - ratio - start;
  return Array.from({ length: Math.ceil(start / ratio) }, (_, i) => start + i * step);
}

/** numpy.round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** numpy.interp over the indices of `values`: positions outside take the nearest end. */
export function interpolateAt(position: number, values: Float32Array): number {
  const low = Math.min(Math.max(Math.floor(position), 0), values.length - 1);
  const high = Math.min(low + 1, values.length - 1);
  const slope = values[high]! - values[low]!;
  return slope * Math.min(Math.max(position - low, 0), 1) + values[low]!;
}
