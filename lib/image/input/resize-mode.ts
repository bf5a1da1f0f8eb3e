import { paste, type Pixels } from './pixels.js';
import { BICUBIC, LANCZOS, resample } from './resample.js';

/** How an image is resized to a size of another aspect ratio, as diffusers' `VaeImageProcessor.resize` has it. */
export type ResizeMode = 'default' | 'fill' | 'crop';
export const RESIZE_MODES = ['default', 'fill', 'crop'] as const satisfies readonly ResizeMode[];

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes by Lanczos' filter: 'default' stretches; 'fill' fits the image into the size, centers it and repeats its
 * edges; 'crop' covers the size and cuts off what is beyond it.
 *
 * @see https://huggingface.co/docs/diffusers/api/image_processor
 */
export async function resize(pixels: Pixels, size: Size, mode: ResizeMode): Promise<Pixels> {
  if (mode === 'default') return resample(pixels, size, LANCZOS);
  const { width, height } = size;
  const scaled = scaledSize(pixels, size, mode);
  const resized = await resample(pixels, scaled, LANCZOS);
  const { channels } = pixels;
  const result = { data: new Uint8Array(width * height * channels), width, height, channels };
  const left = Math.floor(width / 2) - Math.floor(scaled.width / 2);
  const top = Math.floor(height / 2) - Math.floor(scaled.height / 2);
  paste(resized, result, left, top);
  if (mode === 'crop') return result;

  // An edge is a part without extent, which the filter reads beyond.
  const { right, bottom } = { right: resized.width, bottom: resized.height };
  if (scaled.height < height && top > 0) {
    const band = { width, height: top };
    paste(await resample(resized, band, BICUBIC, { left: 0, top: 0, right, bottom: 0 }), result, 0, 0);
    const below = await resample(resized, band, BICUBIC, { left: 0, top: bottom, right, bottom });
    paste(below, result, 0, top + scaled.height);
  } else if (scaled.width < width && left > 0) {
    const band = { width: left, height };
    paste(await resample(resized, band, BICUBIC, { left: 0, top: 0, right: 0, bottom }), result, 0, 0);
    const beside = await resample(resized, band, BICUBIC, { left: right, top: 0, right, bottom });
    paste(beside, result, left + scaled.width, 0);
  }
  return result;
}

/** The image's size before it is filled up or cropped; at least a pixel. */
function scaledSize(image: Size, { width, height }: Size, mode: 'fill' | 'crop'): Size {
  const isWider = width / height < image.width / image.height;
  const isAsWide = width / height === image.width / image.height;
  const fitsWidth = mode === 'fill' ? isWider : !isWider && !isAsWide;
  const fitsHeight = mode === 'fill' ? !isWider : isWider || isAsWide;
  return {
    width: fitsWidth ? width : Math.max(1, Math.floor((image.width * height) / image.height)),
    height: fitsHeight ? height : Math.max(1, Math.floor((image.height * width) / image.width)),
  };
}
