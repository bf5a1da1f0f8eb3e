import type { Pixels } from '../../lib/image/index.js';

/** Smooth in one half, rough in the other, with hard edges; as in test/reference/make_image_inputs.py. */
export function sourceImage(width: number, height: number, channels: 1 | 3 | 4): Pixels {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const smooth = (x * 5 + y * 3 + c * 40) % 256;
        const rough = (x * 37 + y * 91 + c * 53 + ((x * y) % 251)) % 256;
        const edge = (x + y) % 16 < 8 ? 255 : 0;
        data[(y * width + x) * channels + c] = x * 2 < width ? smooth : y * 2 < height ? rough : edge;
      }
    }
  }
  return { data, width, height, channels };
}

/** `sourceImage` with other levels. */
export function invertedImage(width: number, height: number): Pixels {
  const image = sourceImage(width, height, 3);
  return { ...image, data: image.data.map((level) => 255 - level) };
}

/** A mask that is white within a box: left, top, right, bottom. */
export function maskOf(size: readonly number[], box: readonly number[]): Pixels {
  const [width = 0, height = 0] = size;
  const [left = 0, top = 0, right = 0, bottom = 0] = box;
  const data = new Uint8Array(width * height);
  for (let y = top; y < bottom; y++) data.fill(255, y * width + left, y * width + right);
  return { data, width, height, channels: 1 };
}
