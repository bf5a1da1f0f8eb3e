import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
import { integer } from '../common/fields.js';
import { wrongValue } from '../common/options.js';
import { generateFields, type GenerateOptions } from './generate-options.js';
import {
  pooledPromptEmbedsFields,
  requireOne,
  type PooledPromptEmbedsOptions,
  type Prompt,
  type PromptEmbedsOptions,
} from './prompt-embeds.js';
import type { HeightAndWidth, SizeConditions } from './time-ids.js';

/** Options that all pipelines of Stable Diffusion XL have; names and defaults as in diffusers. */
export interface XLOptions extends SizeConditions, PooledPromptEmbedsOptions {
  /** For the second text encoder; one for all prompts, or one a prompt. Default: the prompt. */
  prompt2?: string | readonly string[] | undefined;
  /**
   * What the image should not show. Default: none, which means zeros in place of the encoded text where the model says so
   * (`force_zeros_for_empty_prompt`); an empty string is encoded.
   */
  negativePrompt?: GenerateOptions['negativePrompt'];
  /** For the second text encoder. Default: `negativePrompt`. */
  negativePrompt2?: string | readonly string[] | undefined;
  /** Layers of the text encoders left out besides the last one. Default: 0. */
  clipSkip?: number | undefined;
}

const MAX_SIDE = 1 << 20;
const isPair = (least: number) => (value: unknown) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((side) => Number.isInteger(side) && side >= least && side <= MAX_SIDE);
const size = z.custom<HeightAndWidth>(isPair(1)).describe('[height, width] in pixels').optional();
const corner = z.custom<readonly [number, number]>(isPair(0)).describe('[top, left] in pixels').optional();
const score = z.number().min(0).max(100).describe('a number between 0 and 100').optional();

/** Their fields, and those that generating has anyway. */
export const xlFields = {
  ...generateFields,
  ...pooledPromptEmbedsFields,
  prompt2: generateFields.negativePrompt,
  negativePrompt2: generateFields.negativePrompt,
  clipSkip: integer(0, 256).optional(),
  originalSize: size,
  cropsCoordsTopLeft: corner,
  targetSize: size,
  negativeOriginalSize: size,
  negativeCropsCoordsTopLeft: corner,
  negativeTargetSize: size,
  aestheticScore: score,
  negativeAestheticScore: score,
};

/** The share of the noise to remove, as diffusers' `denoising_end`; its ends would mean none, or all. */
export const denoisingShare = z
  .number()
  .gt(0)
  .lt(1)
  .describe('a number between 0 and 1, both excluded')
  .optional();

/**
 * Checks the second prompts against the first ones.
 *
 * @throws InvalidArgumentError
 */
export function checkXLOptions(
  prompt: Prompt,
  {
    prompt2,
    negativePrompt2,
    clipSkip = 0,
    promptEmbeds,
    negativePromptEmbeds,
  }: XLOptions & PromptEmbedsOptions,
  layers: number,
): void {
  requireOne({ prompt2, promptEmbeds });
  requireOne({ negativePrompt2, negativePromptEmbeds });
  const count = Array.isArray(prompt) ? prompt.length : (promptEmbeds?.shape[0] ?? 1);
  for (const [name, texts] of Object.entries({ prompt2, negativePrompt2 })) {
    if (!Array.isArray(texts) || texts.length === count) continue;
    throw new InvalidArgumentError(
      `Expected one ${name} or ${count}, one a prompt, but received ${texts.length}`,
    );
  }
  if (clipSkip > layers - 2) throw wrongValue(`integer between 0 and ${layers - 2}`, 'clipSkip', clipSkip);
}

/** One text for each prompt. */
export function perPrompt(
  texts: string | readonly string[] | undefined,
  defaults: readonly string[],
): readonly string[] {
  if (texts === undefined) return defaults;
  return typeof texts === 'string' ? defaults.map(() => texts) : texts;
}
