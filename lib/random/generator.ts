/** A source of standard-normal noise; implement it to bring one of your own. */
export interface Generator {
  /** The seed that reproduces its numbers, where there is one. */
  readonly seed?: number | bigint;
  /**
   * The next numbers of the sequence.
   *
   * @returns one for each element of `shape`, row-major
   */
  randn(shape: readonly number[]): Float32Array;
}

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
