import { z } from 'zod';

import { callback, flag, integer, numberBetween, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import {
  guidanceFields,
  requireInterval,
  isLatents,
  requireOneNoiseSource,
  type GuidanceOptions,
  type Latents,
} from '../denoising/index.js';
import type { OnStep } from './step-info.js';
import { promptEmbedsFields, type PromptEmbedsOptions } from './prompt-embeds.js';
import type { Generator, Seed } from '../random/index.js';

/** The forms a result comes in: `GeneratedImage`s, bare pixels, or the latents before the VAE. */
export type OutputType = 'image' | 'raw' | 'latent';

/**
 * Options of `OVStableDiffusionPipeline.generate`; names and defaults as in diffusers' `StableDiffusionPipeline`.
 * Pipelines with options of their own take these, and `generateFields`, as the others.
 */
export interface GenerateOptions extends GuidanceOptions, PromptEmbedsOptions {
  /** What the image should not show; one for all prompts, or one a prompt. Without effect at guidance ≤ 1. */
  negativePrompt?: string | readonly string[] | undefined;
  /**
   * Whether brackets in prompts are weights, as in AUTOMATIC1111's web UI: `(word)`, `(word:1.3)`, `[word]`, BREAK. Prompts
   * may then be of any length, as with `longPrompts`. Default: false, brackets are plain text.
   */
  promptWeighting?: boolean | undefined;
  /**
   * Whether prompts of more than 75 tokens are encoded in chunks, instead of being cut with a warning. Each number of
   * chunks is another shape to compile the UNet for. Default: false.
   */
  longPrompts?: boolean | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). Default: as reshaped, else the model's own size. */
  width?: number | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). Default: as reshaped, else the model's own size. */
  height?: number | undefined;
  /** Denoising steps. Default: the model's (`pipeline.generationDefaults`), 50 if it is no few-step model. */
  numInferenceSteps?: number | undefined;
  /**
   * Timesteps to denoise at, descending, in place of a number of steps; for schedulers that take them
   * (`scheduler.timestepOptions`).
   */
  timesteps?: readonly number[] | undefined;
  /**
   * Noise levels to denoise at, descending, in place of a number of steps; for schedulers that take them. For
   * EulerDiscreteScheduler the last one follows the last step.
   */
  sigmas?: readonly number[] | undefined;
  /** Images a prompt. Default: as reshaped, else 1. */
  numImagesPerPrompt?: number | undefined;
  /**
   * One seed for the whole batch, as `torch.Generator('cpu').manual_seed(seed)` in diffusers. Without any of
   * `seed`, `seeds`, `generator`, each image gets a random seed of its own, which the result reports.
   */
  seed?: Seed | undefined;
  /** One seed an image, as a list of generators in diffusers: each image can be generated again alone. */
  seeds?: readonly Seed[] | undefined;
  /** A source of noise for the whole batch, or one an image. */
  generator?: Generator | readonly Generator[] | undefined;
  /** Noise to start from instead of a seed's, before the scheduler scales it; [images, channels, height, width]. */
  latents?: Float32Array | Latents | undefined;
  /** η of DDIM (https://arxiv.org/abs/2010.02502) or γ of TCD, 0 to 1; other schedulers ignore it. Default: the model's, 0. */
  eta?: number | undefined;
  /** Default: 'image'. */
  outputType?: OutputType | undefined;
  /** Stops within a step; the promise rejects with the signal's reason and the pipeline stays usable. */
  signal?: AbortSignal | undefined;
  /** Called after each step, and awaited; return 'stop' to decode the latents as they are. */
  onStep?: OnStep | undefined;
}

/** Steps and sizes beyond these are slips that would only show after hours, or when memory runs out. */
const MAX_STEPS = 1000;
const MAX_SIDE = 16384;
const MAX_IMAGES = 1024;

const isGenerator = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'randn' in value && typeof value.randn === 'function';
const isSeed = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint';
const oneOrList = (check: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) ? value.length > 0 && value.every(check) : check(value);

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** Whether they descend is checked by the scheduler. */
const descending = z
  .custom<readonly number[]>(
    (value) =>
      Array.isArray(value) && value.length > 0 && value.length <= MAX_STEPS + 1 && value.every(isNumber),
  )
  .describe(`a list of 1 to ${MAX_STEPS + 1} numbers from 0`);

/** The fields of `GenerateOptions`. */
export const generateFields = {
  negativePrompt: z
    .custom<string | readonly string[]>(oneOrList((value) => typeof value === 'string'))
    .describe('a string or a list of strings')
    .optional(),
  ...promptEmbedsFields,
  promptWeighting: flag.optional(),
  longPrompts: flag.optional(),
  width: integer(1, MAX_SIDE).optional(),
  height: integer(1, MAX_SIDE).optional(),
  numInferenceSteps: integer(1, MAX_STEPS).optional(),
  timesteps: descending.optional(),
  sigmas: descending.optional(),
  ...guidanceFields,
  numImagesPerPrompt: integer(1, MAX_IMAGES).optional(),
  seed: z.custom<Seed>(isSeed).describe('an integer (a bigint beyond 2^53)').optional(),
  seeds: z
    .custom<readonly Seed[]>((value) => Array.isArray(value) && value.every(isSeed))
    .describe('a list of integers (bigints beyond 2^53)')
    .optional(),
  generator: z
    .custom<Generator | readonly Generator[]>(oneOrList(isGenerator))
    .describe('a Generator or a list of them')
    .optional(),
  latents: z
    .custom<Float32Array | Latents>((value) => value instanceof Float32Array || isLatents(value))
    .describe('a Float32Array or { data: Float32Array, shape: number[] }')
    .optional(),
  eta: numberBetween(0, 1).optional(),
  outputType: z.enum(['image', 'raw', 'latent']).describe("'image', 'raw' or 'latent'").optional(),
  signal: signal.optional(),
  onStep: callback<OnStep>().optional(),
};

const generateSchema = optionsSchema<GenerateOptions>()(generateFields);

/** @throws InvalidArgumentError */
export function parseGenerateOptions(options: GenerateOptions): GenerateOptions {
  return parseGenerateOptionsOf(generateSchema, options);
}

/**
 * Checks the options of a pipeline that has others than text to image.
 *
 * @throws InvalidArgumentError
 */
export function parseGenerateOptionsOf<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  options: object,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const parsed = parseOptions(schema, options, 'generate');
  requireOneNoiseSource(parsed);
  requireInterval(parsed);
  return parsed;
}
