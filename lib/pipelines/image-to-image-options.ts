import { optionsSchema } from '../common/options.js';
import { generateFields, parseGenerateOptionsOf, type GenerateOptions } from './generate-options.js';
import { imageFields, strengthField, withoutLatents, type ImageOptions } from './image-options.js';

/** Options of `OVStableDiffusionImg2ImgPipeline.generate`; names and defaults as in diffusers' class. */
export interface Img2ImgGenerateOptions extends Omit<GenerateOptions, 'latents'>, ImageOptions {
  /**
   * How much of the image to replace: at 1 only noise is left of it, at 0.3 its composition stays. Of
   * `numInferenceSteps` the last ⌊numInferenceSteps · strength⌋ are done; one at least. Default: 0.8.
   */
  strength?: number | undefined;
  /** Pixels; a multiple of the VAE's factor. Default: that of the (first) image, rounded down to such a multiple. */
  width?: number | undefined;
  /** Pixels; a multiple of the VAE's factor. Default: that of the (first) image, rounded down to such a multiple. */
  height?: number | undefined;
}

const schema = optionsSchema<Img2ImgGenerateOptions>()({
  ...withoutLatents(generateFields),
  ...imageFields,
  strength: strengthField.optional(),
});

/** @throws InvalidArgumentError */
export function parseImg2ImgOptions(options: Img2ImgGenerateOptions): Img2ImgGenerateOptions {
  return parseGenerateOptionsOf(schema, options);
}
