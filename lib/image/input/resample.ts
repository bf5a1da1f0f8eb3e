import { Breather } from '../../common/breather.js';
import type { Box, Pixels } from './pixels.js';

/** A filter of resampling. */
export interface Filter {
  /** Distance, in pixels, beyond which it is 0. */
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Lanczos' filter of three lobes. */
export const LANCZOS: Filter = {
  support: 3,
  weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

/** Keys' cubic convolution with a = −0.5. */
export const BICUBIC: Filter = {
  support: 2,
  weight: (distance) => {
    const x = Math.abs(distance);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
  },
};

/** Bits after the point of a coefficient: sums of them times 8 bits stay within 32 bits. */
const PRECISION_BITS = 22;

/**
 * Resizes pixels in Pillow's arithmetic, so that the result equals `Image.resize` to the level: columns first, then
 * rows, each in fixed point and rounded to 8 bits; the filter is widened where the image shrinks.
 *
 * @param box - the part that is resized; its sides may be fractional. Default: all
 * @see https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters
 */
export async function resample(
  pixels: Pixels,
  size: { readonly width: number; readonly height: number },
  filter: Filter,
  box: Box = { left: 0, top: 0, right: pixels.width, bottom: pixels.height },
): Promise<Pixels> {
  const { width, height, channels } = pixels;
  const isAcross = size.width !== width || box.left !== 0 || box.right !== width;
  const isDown = size.height !== height || box.top !== 0 || box.bottom !== height;
  const rows = isDown
    ? coefficients(height, box.top, box.bottom, size.height, filter)
    : wholeRange(size.height);
  let { data } = pixels;
  let top = 0;
  if (isAcross) {
    const columns = coefficients(width, box.left, box.right, size.width, filter);
    // Only the rows that the second pass reads.
    top = Math.min(...rows.map(({ first }) => first));
    const bottom = Math.max(...rows.map(({ first, weights }) => first + weights.length));
    data = await resampleRows(data.subarray(top * width * channels, bottom * width * channels), channels, {
      width,
      height: bottom - top,
      columns,
    });
  }
  if (isDown) data = await resampleColumns(data, size.width * channels, rows, top);
  return { data: data === pixels.data ? data.slice() : data, ...size, channels };
}

/** The pixels that a pixel of the result is made of. */
interface Contribution {
  readonly first: number;
  readonly weights: Int32Array;
}

function wholeRange(length: number): Contribution[] {
  return Array.from({ length }, (_, first) => ({ first, weights: new Int32Array(1) }));
}

function coefficients(
  length: number,
  start: number,
  end: number,
  count: number,
  filter: Filter,
): Contribution[] {
  const scale = (end - start) / count;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  return Array.from({ length: count }, (_, place) => {
    const center = start + (place + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const last = Math.min(Math.trunc(center + support + 0.5), length);
    const weights = Array.from({ length: last - first }, (__, i) =>
      filter.weight((i + first - center + 0.5) * (1 / widening)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: Int32Array.from(weights, (weight) => fixed(sum === 0 ? weight : weight / sum)) };
  });
}

function fixed(weight: number): number {
  return Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));
}

/** Half a level, and what a sum is clipped to. */
const HALF = 1 << (PRECISION_BITS - 1);

async function resampleRows(
  data: Uint8Array,
  channels: number,
  { width, height, columns }: { width: number; height: number; columns: readonly Contribution[] },
): Promise<Uint8Array> {
  const result = new Uint8ClampedArray(columns.length * height * channels);
  const breather = new Breather();
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    for (const { first, weights } of columns) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        let from = row + first * channels + channel;
        for (let i = 0; i < weights.length; i++, from += channels) sum += data[from]! * weights[i]!;
        result[to++] = sum >> PRECISION_BITS;
      }
    }
    await breather.breathe();
  }
  return new Uint8Array(result.buffer);
}

/** @param top - the row of the image that is the first of `data` */
async function resampleColumns(
  data: Uint8Array,
  rowBytes: number,
  rows: readonly Contribution[],
  top: number,
): Promise<Uint8Array> {
  const result = new Uint8ClampedArray(rows.length * rowBytes);
  const breather = new Breather();
  let to = 0;
  for (const { first, weights } of rows) {
    for (let x = 0; x < rowBytes; x++) {
      let sum = HALF;
      let from = (first - top) * rowBytes + x;
      for (let i = 0; i < weights.length; i++, from += rowBytes) sum += data[from]! * weights[i]!;
      result[to++] = sum >> PRECISION_BITS;
    }
    await breather.breathe();
  }
  return new Uint8Array(result.buffer);
}
