import { z } from 'zod';

import { flag, oneOf, path } from '../../common/fields.js';
import { optionsSchema } from '../../common/options.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../weights/formats.js';

/** Options of `exportPipeline`. */
export interface ExportOptions {
  /** How weights are stored. Default: 'stored', as in the source. */
  weightFormat?: WeightFormat | undefined;
  /**
   * Which files of weights are read, e.g. 'fp16' for `*.fp16.safetensors`; components without such files are read
   * without a variant, as in diffusers. Default: those without a variant.
   */
  variant?: string | undefined;
  /** Layers of the text encoder left out at the end, for models trained so. Default: 0. */
  clipSkip?: number | undefined;
  /** Whether text encoders output every layer's states. Default: for SDXL, which needs them. */
  hiddenStates?: boolean | undefined;
  /** null leaves the safety checker out, as in diffusers. Default: the model's own. */
  safetyChecker?: null | undefined;
  /**
   * A VAE to take in place of the model's own, as diffusers' `vae`: its folder, a model's folder, or a .safetensors
   * file in the original layout. Default: the model's own.
   */
  vae?: string | undefined;
}

/** Its fields; loading a pipeline has some of them too. */
export const exportOptionFields = {
  weightFormat: oneOf(WEIGHT_FORMATS).optional(),
  variant: z
    .string()
    .regex(/^[\w-]+$/)
    .describe("a variant's name such as 'fp16'")
    .optional(),
  clipSkip: z.int().min(0).max(64).describe('integer between 0 and 64').optional(),
  hiddenStates: flag.optional(),
  safetyChecker: z.null().describe('null').optional(),
  vae: path.optional(),
};

export const exportOptionsSchema = optionsSchema<ExportOptions>()(exportOptionFields);
