import { z } from 'zod';

import { numberBetween, oneOf } from '../common/fields.js';
import { isLatents, type Latents } from '../denoising/index.js';
import {
  IMAGE_INPUT_DESCRIPTION,
  isImageInput,
  RESIZE_MODES,
  type ImageInput,
  type ResizeMode,
} from '../image/index.js';

/** Options of pipelines that start from an image. */
export interface ImageOptions {
  /**
   * What to start from: an image, a list of them, which are repeated to as many as are generated, or latents of shape
   * [images, 4, height / 8, width / 8], which are not encoded. Colours are read as RGB, without alpha.
   */
  image: ImageInput | readonly ImageInput[] | Latents;
  /** How an image of another aspect ratio is resized. Default: 'default', which stretches it. */
  resizeMode?: ResizeMode | undefined;
}

const isImages = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(isImageInput) : isImageInput(value);

/** One image or several. */
export const imagesField = z
  .custom<ImageInput | readonly ImageInput[]>(isImages)
  .describe(`${IMAGE_INPUT_DESCRIPTION} or a list of them`);

export const latentsField = z
  .custom<Latents>(isLatents)
  .describe('latents as { data: Float32Array, shape: number[] }');

export const imageFields = {
  image: z
    .custom<ImageOptions['image']>((value) => isLatents(value) || isImages(value))
    .describe(
      `${IMAGE_INPUT_DESCRIPTION}, a list of them, or latents as { data: Float32Array, shape: number[] }`,
    ),
  resizeMode: oneOf(RESIZE_MODES).optional(),
};

export const strengthField = numberBetween(0, 1);

/** Without `latents`, which pipelines that noise an image make themselves. */
export function withoutLatents<Fields extends { latents: unknown }>({ latents: _, ...fields }: Fields) {
  return fields;
}
