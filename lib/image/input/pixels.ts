/** Pixels in memory, row-major, 8 bits a channel; shape `[height, width, channels]`: grey, RGB, or RGB and alpha. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** RGB; grey is repeated and alpha dropped, not blended, as Pillow's `convert('RGB')` does. */
export function toRgb(pixels: Pixels): Pixels {
  const { data, width, height, channels } = pixels;
  if (channels === 3) return pixels;
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[channels === 1 ? from : from + 1]!;
    rgb[to + 2] = data[channels === 1 ? from : from + 2]!;
  }
  return { data: rgb, width, height, channels: 3 };
}

/**
 * Luminance by ITU-R 601-2, in the integers of Pillow's `convert('L')`.
 *
 * @see https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.convert
 */
export function toGrey(pixels: Pixels): Pixels {
  const { data, width, height, channels } = pixels;
  if (channels === 1) return pixels;
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const [r, g, b] = [data[i * channels]!, data[i * channels + 1]!, data[i * channels + 2]!];
    grey[i] = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
  }
  return { data: grey, width, height, channels: 1 };
}

/** What is transparent, as grey: 255 where alpha is 0. Undefined where no pixel is. */
export function transparencyOf({ data, width, height, channels }: Pixels): Pixels | undefined {
  if (channels !== 4) return undefined;
  const grey = new Uint8Array(width * height);
  let isTransparent = false;
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 255 - data[i * 4 + 3]!;
    if (grey[i] !== 0) isTransparent = true;
  }
  return isTransparent ? { data: grey, width, height, channels: 1 } : undefined;
}

/** A box of pixels: left, top, and right and bottom, which are not part of it. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The pixels within a box; black where it lies beyond the image. */
export function crop(pixels: Pixels, { left, top, right, bottom }: Box): Pixels {
  const { channels } = pixels;
  const [width, height] = [right - left, bottom - top];
  const cropped = { data: new Uint8Array(width * height * channels), width, height, channels };
  paste(pixels, cropped, -left, -top);
  return cropped;
}

/** Copies pixels into others of as many channels, at a position that may lie beyond their edges. */
export function paste(from: Pixels, to: Pixels, left: number, top: number): void {
  const { channels } = from;
  const first = Math.max(0, -left);
  const columns = Math.min(from.width, to.width - left) - first;
  if (columns <= 0) return;
  for (let y = Math.max(0, -top); y < Math.min(from.height, to.height - top); y++) {
    const start = (y * from.width + first) * channels;
    const row = from.data.subarray(start, start + columns * channels);
    to.data.set(row, ((y + top) * to.width + first + left) * channels);
  }
}
