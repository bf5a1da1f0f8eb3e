import { Breather } from '../../common/breather.js';
import type { Pixels } from './pixels.js';

/** Box blurs that stand for a Gaussian one. */
const PASSES = 3;
/** Bits after the point of a weight. */
const PRECISION_BITS = 24;

/**
 * Pillow's `ImageFilter.GaussianBlur` to the level, which diffusers' `VaeImageProcessor.blur` applies: three extended
 * box blurs across, then three down, each rounded to 8 bits; pixels beyond the edges are as those at the edges.
 *
 * @param radius - standard deviation of the Gaussian, in pixels
 * @see http://www.mia.uni-saarland.de/Publications/gwosdek-ssvm11.pdf
 */
export async function gaussianBlur(pixels: Pixels, radius: number): Promise<Pixels> {
  const box = boxRadius(Math.fround(radius));
  if (box === 0) return pixels;
  const { width, height, channels } = pixels;
  const data = pixels.data.slice();
  const breather = new Breather();
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      blurLine(data, { start: y * width * channels + channel, stride: channels, length: width }, box);
      await breather.breathe();
    }
    for (let x = 0; x < width; x++) {
      blurLine(data, { start: x * channels + channel, stride: width * channels, length: height }, box);
      await breather.breathe();
    }
  }
  return { ...pixels, data };
}

/** Radius, with its fraction, of the box blur that three times over has this deviation; in the reference's floats. */
function boxRadius(radius: number): number {
  const variance = Math.fround(Math.fround(radius * radius) / PASSES);
  const length = Math.fround(Math.sqrt(12 * variance + 1));
  const whole = Math.fround(Math.floor((length - 1) / 2));
  const numerator = Math.fround(
    Math.fround(2 * whole + 1) * Math.fround(Math.fround(whole * (whole + 1)) - Math.fround(3 * variance)),
  );
  const fraction = Math.fround(
    numerator / Math.fround(6 * Math.fround(variance - Math.fround((whole + 1) * (whole + 1)))),
  );
  return Math.fround(whole + fraction);
}

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
}

function blurLine(data: Uint8Array, { start, stride, length }: Line, radius: number): void {
  const whole = Math.floor(radius);
  const weight = Math.floor(Math.fround(2 ** PRECISION_BITS / Math.fround(radius * 2 + 1)));
  const edgeWeight = Math.floor((2 ** PRECISION_BITS - (whole * 2 + 1) * weight) / 2);
  const line = new Uint8Array(length);
  const last = length - 1;
  const at = (x: number): number => line[Math.min(Math.max(x, 0), last)]!;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let x = 0; x < length; x++) line[x] = data[start + x * stride]!;
    let sum = 0;
    for (let x = -whole - 1; x < whole; x++) sum += at(x);
    for (let x = 0; x < length; x++) {
      sum += at(x + whole) - at(x - whole - 1);
      const bulk = sum * weight + (at(x - whole - 1) + at(x + whole + 1)) * edgeWeight;
      data[start + x * stride] = Math.floor((bulk + 2 ** (PRECISION_BITS - 1)) / 2 ** PRECISION_BITS);
    }
  }
}
