import { Breather } from '../../common/breather.js';
import type { Pixels } from './pixels.js';

/**
 * Pixels as a VAE takes them, as diffusers' `VaeImageProcessor` makes them: in planes, from 0…255 to −1…1 in float32.
 *
 * @param pixels - RGB
 * @returns shape [3, height, width]
 */
export async function tensorFromPixels({ data, width, height, channels }: Pixels): Promise<Float32Array> {
  const levels = Float32Array.from({ length: 256 }, (_, level) => 2 * Math.fround(level / 255) - 1);
  const plane = width * height;
  const values = new Float32Array(channels * plane);
  const breather = new Breather();
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let i = y * width; i < (y + 1) * width; i++) {
        values[channel * plane + i] = levels[data[i * channels + channel]!]!;
      }
      await breather.breathe();
    }
  }
  return values;
}

/**
 * A mask in latents, as diffusers' inpainting makes it: 1 where the grey level of a latent's first pixel is 128 or
 * more, which is repainted, else 0.
 *
 * @param mask - grey, its sides multiples of `factor`
 * @param factor - pixels a latent, in each direction
 * @returns shape [height / factor, width / factor]
 */
export function maskLatents({ data, width, height }: Pixels, factor: number): Float32Array {
  const [columns, rows] = [width / factor, height / factor];
  const values = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      values[y * columns + x] = data[y * factor * width + x * factor]! >= 128 ? 1 : 0;
    }
  }
  return values;
}

/** An image with the masked pixels at 0, mid-grey; `values` of shape [3, height, width] in −1…1. */
export function maskedTensor(values: Float32Array, mask: Pixels): Float32Array {
  const plane = mask.width * mask.height;
  return values.map((value, i) => (mask.data[i % plane]! >= 128 ? 0 : value));
}
