import { z } from 'zod';

import { parseOptions } from '../common/options.js';
import type { Generator } from '../random/index.js';
import type { OnStep } from '../denoising/denoise.js';

/** A seed as torch takes it: a safe integer, or a bigint up to 64 bits. */
export type Seed = number | bigint;

/** Latents: `data` in row-major order of `shape` [images, channels, height / factor, width / factor]. */
export interface Latents {
  data: Float32Array;
  shape: readonly number[];
}

/** The forms a result comes in: `GeneratedImage`s, bare pixels, or the latents before the VAE. */
export type OutputType = 'image' | 'raw' | 'latent';

/** Options of `OVStableDiffusionPipeline.generate`; names and defaults as in diffusers' `StableDiffusionPipeline`. */
export interface GenerateOptions {
  /** What the picture should not show; one for all prompts, or one a prompt. Without effect at guidance ≤ 1. */
  negativePrompt?: string | readonly string[] | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). Default: as reshaped, else the model's own size. */
  width?: number | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). Default: as reshaped, else the model's own size. */
  height?: number | undefined;
  /** Denoising steps. Default: 50. */
  numInferenceSteps?: number | undefined;
  /** Classifier-free guidance; at 1 or below there is none and the UNet runs at half the batch. Default: 7.5. */
  guidanceScale?: number | undefined;
  /** Pictures a prompt. Default: 1. */
  numImagesPerPrompt?: number | undefined;
  /**
   * One seed for the whole batch, as `torch.Generator('cpu').manual_seed(seed)` in diffusers. Without any of
   * `seed`, `seeds`, `generator`, each picture gets a random seed of its own, told in the result.
   */
  seed?: Seed | undefined;
  /** One seed a picture, as a list of generators in diffusers: each picture can be made again alone. */
  seeds?: readonly Seed[] | undefined;
  /** A source of noise for the whole batch, or one a picture. */
  generator?: Generator | readonly Generator[] | undefined;
  /** Noise to start from instead of a seed's, before the scheduler scales it; [images, channels, height, width]. */
  latents?: Float32Array | Latents | undefined;
  /** η of DDIM (https://arxiv.org/abs/2010.02502), 0 to 1; other schedulers ignore it. Default: 0. */
  eta?: number | undefined;
  /** Default: 'image'. */
  outputType?: OutputType | undefined;
  /** Stops within a step; the promise rejects with the signal's reason and the pipeline stays usable. */
  signal?: AbortSignal | undefined;
  /** Called after each step, and awaited; return 'stop' to decode what there is so far. */
  onStep?: OnStep | undefined;
}

/** Steps and sizes beyond these are slips, and would only be found out after hours or by a full memory. */
const MOST_STEPS = 1000;
const MOST_PIXELS = 16384;
const MOST_IMAGES = 1024;

const isGenerator = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'randn' in value && typeof value.randn === 'function';
const isSeed = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint';
// By its shape: test runners and Electron have an AbortSignal of another realm.
const isSignal = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
const oneOrList = (check: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) ? value.length > 0 && value.every(check) : check(value);

const integer = (least: number, most: number) =>
  z.int().min(least).max(most).optional().describe(`integer between ${least} and ${most}`);

const schema = z.strictObject({
  negativePrompt: z
    .custom<string | readonly string[]>(oneOrList((value) => typeof value === 'string'))
    .optional()
    .describe('a string or a list of strings'),
  width: integer(1, MOST_PIXELS),
  height: integer(1, MOST_PIXELS),
  numInferenceSteps: integer(1, MOST_STEPS),
  guidanceScale: z.number().min(-100).max(1000).optional().describe('a number between -100 and 1000'),
  numImagesPerPrompt: integer(1, MOST_IMAGES),
  seed: z.custom<Seed>(isSeed).optional().describe('an integer (a bigint beyond 2^53)'),
  seeds: z
    .custom<readonly Seed[]>((value) => Array.isArray(value) && value.every(isSeed))
    .optional()
    .describe('a list of integers (bigints beyond 2^53)'),
  generator: z
    .custom<Generator | readonly Generator[]>(oneOrList(isGenerator))
    .optional()
    .describe('a Generator or a list of them'),
  latents: z
    .custom<Float32Array | Latents>(
      (value) =>
        value instanceof Float32Array ||
        (typeof value === 'object' &&
          value !== null &&
          'data' in value &&
          value.data instanceof Float32Array &&
          'shape' in value &&
          Array.isArray(value.shape)),
    )
    .optional()
    .describe('a Float32Array or { data: Float32Array, shape: number[] }'),
  eta: z.number().min(0).max(1).optional().describe('a number between 0 and 1'),
  outputType: z.enum(['image', 'raw', 'latent']).optional().describe("'image', 'raw' or 'latent'"),
  signal: z.custom<AbortSignal>(isSignal).optional().describe('an AbortSignal'),
  onStep: z
    .custom<OnStep>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
});

/** @throws InvalidArgumentError */
export function parseGenerateOptions(options: GenerateOptions): GenerateOptions {
  return parseOptions(schema, options, 'generate');
}
