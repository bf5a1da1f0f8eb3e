import { InvalidArgumentError } from '../common/errors.js';
import { flag, integer, numberBetween } from '../common/fields.js';
import { optionsSchema } from '../common/options.js';
import { isLatents, type Latents } from '../denoising/index.js';
import type { ImageInput } from '../image/index.js';
import { generateFields, parseGenerateOptionsOf, type GenerateOptions } from './generate-options.js';
import { imageFields, imagesField, latentsField, strengthField, type ImageOptions } from './image-options.js';

/** Options of `OVStableDiffusionInpaintPipeline.generate`; names and defaults as in diffusers' class. */
export interface InpaintGenerateOptions extends GenerateOptions, ImageOptions {
  /**
   * What to repaint: white pixels, of 128 and more; black ones are preserved. Of another size than the image it is
   * resized like the image. An image or a list of them. Default: where `image` is transparent.
   */
  maskImage?: ImageInput | readonly ImageInput[] | undefined;
  /** Latents of the masked image, for UNets of 9 channels, instead of encoding it; [images, 4, height / 8, width / 8]. */
  maskedImageLatents?: Latents | undefined;
  /**
   * How much of the masked part to replace; below 1 the image shows through. Of `numInferenceSteps` the last
   * ⌊numInferenceSteps · strength⌋ are done; one at least. Default: 1.
   */
  strength?: number | undefined;
  /** Deviation in pixels of a Gaussian blur of the mask, as diffusers' `VaeImageProcessor.blur`. Default: 0. */
  maskBlur?: number | undefined;
  /**
   * Repaints only the part around what is masked, with this margin in pixels, at full size, and puts it back into the
   * image. One image with one mask, and no `outputType` 'latent'. Default: the whole image is repainted.
   */
  paddingMaskCrop?: number | undefined;
  /**
   * Puts the image back over the result where the mask is black, and blends where it is grey (diffusers'
   * `VaeImageProcessor.apply_overlay`): a VAE changes all pixels a little. Default: true with `paddingMaskCrop`, else
   * false.
   */
  applyOverlay?: boolean | undefined;
}

/** Their fields, and those that generating has anyway. */
export const inpaintFields = {
  ...generateFields,
  ...imageFields,
  maskImage: imagesField.optional(),
  maskedImageLatents: latentsField.optional(),
  strength: strengthField.optional(),
  maskBlur: numberBetween(0, 1024).optional(),
  paddingMaskCrop: integer(0, 16384).optional(),
  applyOverlay: flag.optional(),
};

const schema = optionsSchema<InpaintGenerateOptions>()(inpaintFields);

/** @throws InvalidArgumentError */
export function parseInpaintOptions(options: InpaintGenerateOptions): InpaintGenerateOptions {
  const parsed = parseGenerateOptionsOf(schema, options);
  requireInpaintAgreement(parsed);
  return parsed;
}

/**
 * Checks that options of inpainting fit each other.
 *
 * @throws InvalidArgumentError
 */
export function requireInpaintAgreement(options: Omit<InpaintGenerateOptions, 'negativePrompt'>): void {
  const { image, maskImage, paddingMaskCrop, applyOverlay, outputType, maskedImageLatents } = options;
  const isOne = (value: unknown): boolean => !Array.isArray(value) || value.length === 1;
  const refuse = (message: string): never => {
    throw new InvalidArgumentError(message);
  };
  if (isLatents(image) && maskImage === undefined) refuse('Expected maskImage, since image is latents');
  if (isLatents(image) && applyOverlay === true) refuse('applyOverlay needs an image, but image is latents');
  if (applyOverlay === false && paddingMaskCrop !== undefined) {
    refuse('Expected applyOverlay to be true with paddingMaskCrop, which puts the repainted part back');
  }
  if (applyOverlay === true && outputType === 'latent')
    refuse("applyOverlay has no effect on outputType 'latent'");
  if (paddingMaskCrop === undefined) return;
  if (isLatents(image) || maskedImageLatents) refuse('paddingMaskCrop needs an image, not latents');
  if (!isOne(image) || !isOne(maskImage)) refuse('Expected one image and one maskImage with paddingMaskCrop');
  if (outputType === 'latent') refuse("Expected outputType 'image' or 'raw' with paddingMaskCrop");
}
