/** A source of standard-normal noise. */
export interface Generator {
  /** What it was seeded with, where that brings its numbers back. */
  readonly seed?: number | bigint;
  /** @returns as many numbers as `shape` has places, row-major; the next call goes on where this one ended */
  randn(shape: readonly number[]): Float32Array;
}

/** Places in a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
