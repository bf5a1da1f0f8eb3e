import { InvalidArgumentError } from '../common/errors.js';
import { isLatents } from '../denoising/index.js';
import {
  applyOverlay,
  crop,
  cropRegion,
  gaussianBlur,
  maskedTensor,
  maskLatents,
  resize,
  tensorFromPixels,
  toGrey,
  toRgb,
  transparencyOf,
  type Box,
  type Pixels,
  type ResizeMode,
} from '../image/index.js';
import type { InpaintGenerateOptions } from './inpaint-options.js';
import { readImages } from './read-images.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Images and masks as they were given. */
export interface InpaintInputs {
  /** RGB; undefined where latents were given. */
  readonly images: readonly Pixels[] | undefined;
  /** Blurred. */
  readonly masks: readonly Pixels[];
}

/**
 * Reads images and masks.
 *
 * @throws InvalidArgumentError where there is no mask, or none that masks anything although it is to be cropped to
 */
export async function readInpaintInputs(options: InpaintGenerateOptions): Promise<InpaintInputs> {
  const { image, maskImage, maskBlur = 0, paddingMaskCrop } = options;
  const [given, givenMasks] = await Promise.all([
    isLatents(image) ? undefined : readImages(image, 'image'),
    maskImage === undefined ? undefined : readImages(maskImage, 'maskImage'),
  ]);
  const masks: Pixels[] = [];
  for (const mask of givenMasks ?? transparencies(given ?? [])) {
    masks.push(maskBlur > 0 ? await gaussianBlur(mask.channels === 4 ? toRgb(mask) : mask, maskBlur) : mask);
  }
  if (paddingMaskCrop !== undefined && !masks.some((mask) => toGrey(mask).data.some((level) => level > 0))) {
    throw new InvalidArgumentError(
      'Expected a maskImage with paddingMaskCrop that masks something, but it is black',
    );
  }
  const images = given?.map(toRgb);
  if (images && images.length > 1 && masks.length > 1 && images.length !== masks.length) {
    throw new InvalidArgumentError(
      `Expected as many masks as images (${images.length}), or one, but received ${masks.length}`,
    );
  }
  return { images, masks };
}

/** Masks from the transparent parts of images. */
function transparencies(images: readonly Pixels[]): Pixels[] {
  return images.map((image) => {
    const mask = transparencyOf(image);
    if (mask) return mask;
    throw new InvalidArgumentError(
      'Expected maskImage, or an image with transparent parts, which are repainted; this image has none',
    );
  });
}

/** The part of the image that is repainted with `paddingMaskCrop`. */
export function regionOf({ images, masks }: InpaintInputs, size: Size, padding: number): Box {
  return cropRegion(toGrey(maskFor(images![0]!, masks[0]!)), size, padding)!;
}

/** A mask of the size of its image, as crops and overlays need it; made so by `withImageSize`. */
function maskFor(image: Pixels, mask: Pixels): Pixels {
  if (mask.width === image.width && mask.height === image.height) return mask;
  throw new InvalidArgumentError(
    `Expected a maskImage of ${image.width} x ${image.height} pixels but received ${mask.width} x ${mask.height}`,
  );
}

/** Inputs whose masks are of the images' sizes. */
export async function withImageSize({ images, masks }: InpaintInputs): Promise<InpaintInputs> {
  const sized: Pixels[] = [];
  for (const [i, mask] of masks.entries()) {
    const { width, height } = images![i % images!.length]!;
    sized.push(await resize(mask.channels === 4 ? toRgb(mask) : mask, { width, height }, 'default'));
  }
  return { images, masks: sized };
}

/** What the networks take, all of one size. */
export interface InpaintTensors {
  /** Each of shape [3, height, width], −1 to 1. */
  readonly images: readonly Float32Array[];
  /** Each as `images`, 0 where it is masked. */
  readonly maskedImages: readonly Float32Array[];
  /** Each of shape [height / factor, width / factor]; 1 where it is masked. */
  readonly masks: readonly Float32Array[];
}

/** Crops and resizes images and masks, as diffusers' `VaeImageProcessor.preprocess`. */
export async function inpaintTensors(
  { images = [], masks }: InpaintInputs,
  { size, factor, mode, box }: { size: Size; factor: number; mode: ResizeMode; box?: Box | undefined },
): Promise<InpaintTensors> {
  const fitted = async (pixels: Pixels): Promise<Pixels> => {
    const opaque = pixels.channels === 4 ? toRgb(pixels) : pixels;
    return resize(box ? crop(opaque, box) : opaque, size, mode);
  };
  const tensors: Float32Array[] = [];
  for (const image of images) tensors.push(await tensorFromPixels(await fitted(image)));
  const levels: Pixels[] = [];
  for (const mask of masks) levels.push(toGrey(await fitted(mask)));
  const pairs = tensors.length === 0 ? 0 : Math.max(tensors.length, levels.length);
  return {
    images: tensors,
    maskedImages: Array.from({ length: pairs }, (_, i) =>
      maskedTensor(tensors[i % tensors.length]!, levels[i % levels.length]!),
    ),
    masks: levels.map((mask) => maskLatents(mask, factor)),
  };
}

/** The original over a result, where it is not masked. */
export async function overlaid(
  { images, masks }: InpaintInputs,
  result: Pixels,
  place: number,
  { size, mode, box }: { size: Size; mode: ResizeMode; box?: Box | undefined },
): Promise<Pixels> {
  const original = images![place % images!.length]!;
  const mask = masks[place % masks.length]!;
  if (box) return applyOverlay(original, toGrey(mask), result, box);
  const opaque = mask.channels === 4 ? toRgb(mask) : mask;
  return applyOverlay(await resize(original, size, mode), toGrey(await resize(opaque, size, mode)), result);
}
