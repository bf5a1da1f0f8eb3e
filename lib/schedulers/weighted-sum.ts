import { ShapeMismatchError } from '../common/errors.js';

/** A tensor and its weight in a sum. */
export type Term = readonly [weight: number, values: Float32Array];

/**
 * Σ weight · values, element by element, in float64 and rounded once. Terms of weight 0 are left out, so what they
 * hold (an infinity, say) does not matter.
 *
 * The loops for up to five terms are written out: a generic loop over the terms is four times slower.
 *
 * @throws ShapeMismatchError when the terms differ in length
 */
export function weightedSum(...terms: readonly Term[]): Float32Array {
  const length = commonLength(terms.map(([, values]) => values));
  const [a, b, c, d, e, ...more] = terms.filter(([weight]) => weight !== 0);
  const sum = new Float32Array(length);
  if (more.length > 0) return new Float32Array(accumulate([a!, b!, c!, d!, e!, ...more], length));
  if (e) sum5(sum, [a!, b!, c!, d!, e]);
  else if (d) sum4(sum, a!, b!, c!, d);
  else if (c) sum3(sum, a!, b!, c);
  else if (b) sum2(sum, a!, b);
  else if (a) sum1(sum, a);
  return sum;
}

/**
 * The length that all tensors share.
 *
 * @throws ShapeMismatchError when they differ
 */
export function commonLength(tensors: readonly Float32Array[]): number {
  const length = tensors[0]!.length;
  for (const tensor of tensors) {
    if (tensor.length !== length) {
      throw new ShapeMismatchError(
        `Expected tensors of ${length} elements, as the first one's, but received one of ${tensor.length}`,
      );
    }
  }
  return length;
}

function sum1(sum: Float32Array, [wa, a]: Term): void {
  for (let i = 0; i < sum.length; i++) sum[i] = wa * a[i]!;
}

function sum2(sum: Float32Array, [wa, a]: Term, [wb, b]: Term): void {
  for (let i = 0; i < sum.length; i++) sum[i] = wa * a[i]! + wb * b[i]!;
}

function sum3(sum: Float32Array, [wa, a]: Term, [wb, b]: Term, [wc, c]: Term): void {
  for (let i = 0; i < sum.length; i++) sum[i] = wa * a[i]! + wb * b[i]! + wc * c[i]!;
}

function sum4(sum: Float32Array, [wa, a]: Term, [wb, b]: Term, [wc, c]: Term, [wd, d]: Term): void {
  for (let i = 0; i < sum.length; i++) sum[i] = wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]!;
}

function sum5(
  sum: Float32Array,
  [[wa, a], [wb, b], [wc, c], [wd, d], [we, e]]: readonly [Term, Term, Term, Term, Term],
): void {
  for (let i = 0; i < sum.length; i++) {
    sum[i] = wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]! + we * e[i]!;
  }
}

function accumulate(terms: readonly Term[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const [weight, values] of terms) {
    for (let i = 0; i < length; i++) sum[i] = sum[i]! + weight * values[i]!;
  }
  return sum;
}
