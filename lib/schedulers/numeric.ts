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

/** numpy.round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** numpy.interp over the indices of `values`. */
export function interpolateAt(position: number, values: Float32Array): number {
  const low = Math.min(Math.max(Math.floor(position), 0), values.length - 1);
  const high = Math.min(low + 1, values.length - 1);
  const slope = values[high]! - values[low]!;
  return slope * Math.min(Math.max(position - low, 0), 1) + values[low]!;
}

/** Σ weightᵢ · arrayᵢ, element by element, rounded once. */
export function weightedSum(
  ...terms: readonly (readonly [weight: number, values: Float32Array])[]
): Float32Array {
  const used = terms.filter(([weight]) => weight !== 0);
  const sum = new Float32Array(terms[0]![1].length);
  for (let i = 0; i < sum.length; i++) {
    let value = 0;
    for (const [weight, values] of used) value += weight * values[i]!;
    sum[i] = value;
  }
  return sum;
}
