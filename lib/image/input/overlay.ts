import { paste, type Box, type Pixels } from './pixels.js';
import { resize } from './resize-mode.js';

/**
 * Puts the unmasked part of an image back over a repainted one, blended where the mask is grey; diffusers'
 * `VaeImageProcessor.apply_overlay`, in Pillow's integers.
 *
 * @param original - RGB, of the mask's size
 * @param mask - grey; 255 where the repainted image stays
 * @param image - RGB; the repainted image, of the mask's size, or of any where it belongs into `box`
 * @param box - the part of the original that was repainted
 * @returns RGB, of the original's size
 */
export async function applyOverlay(
  original: Pixels,
  mask: Pixels,
  image: Pixels,
  box?: Box,
): Promise<Pixels> {
  const { width, height } = original;
  const data = new Uint8Array(original.data.length);
  if (box) {
    const part = await resize(image, { width: box.right - box.left, height: box.bottom - box.top }, 'crop');
    paste(part, { data, width, height, channels: 3 }, box.left, box.top);
  } else {
    data.set(image.data);
  }
  for (let i = 0; i < mask.data.length; i++) {
    const alpha = 255 - mask.data[i]!;
    if (alpha === 0) continue;
    for (let channel = i * 3; channel < i * 3 + 3; channel++) {
      data[channel] = composited(original.data[channel]!, alpha, data[channel]!);
    }
  }
  return { data, width, height, channels: 3 };
}

const divide255 = (value: number): number => ((value >> 8) + value) >> 8;

/** A level under alpha over an opaque one, as it comes out of Pillow's premultiplication and `alpha_composite`. */
function composited(level: number, alpha: number, below: number): number {
  const premultiplied = divide255(level * alpha + 128);
  const source = alpha === 255 ? premultiplied : Math.min(255, Math.trunc((premultiplied * 255) / alpha));
  // 7 more bits after the point.
  const weighted = source * (alpha << 7) + below * ((255 - alpha) << 7) + (128 << 7);
  return divide255(weighted) >> 7;
}
