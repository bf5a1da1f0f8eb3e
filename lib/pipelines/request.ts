import { InvalidArgumentError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { MAX_TEXT_LENGTH } from '../tokenizer/index.js';
import type { LatentSize } from '../components/index.js';
import type { GenerateOptions } from './generate-options.js';
import { requireOne } from './prompt-embeds.js';
import type { StaticShape } from './reshape-options.js';

/** A call of `generate` with its defaults filled in and its parts checked against each other. */
export interface GenerateRequest {
  readonly prompts: readonly string[];
  readonly negativePrompts: readonly string[] | undefined;
  readonly numImagesPerPrompt: number;
  readonly numInferenceSteps: number;
  readonly guidanceScale: number;
  readonly eta: number;
  readonly width: number;
  readonly height: number;
  readonly latentSize: LatentSize;
  /** Images in all. */
  readonly images: number;
}

/** The texts of a request: as many negative prompts as prompts, or none without guidance. */
export type RequestTexts = Pick<GenerateRequest, 'prompts' | 'negativePrompts'>;

/** What the defaults of a request come from. */
export interface RequestDefaults {
  readonly vaeScaleFactor: number;
  /** The size the model was trained on, in latents. */
  readonly sampleSize: LatentSize;
  /** What the pipeline was reshaped to. */
  readonly reshaped: StaticShape | undefined;
  /** Of the pipeline. */
  readonly guidanceScale: number;
  /** Default: 50. */
  readonly numInferenceSteps?: number;
  /** Default: 0. */
  readonly eta?: number;
  /** Whether the UNet takes the guidance scale as an input, in place of an unconditional half of its batch. */
  readonly embedsGuidance?: boolean;
}

/**
 * Checks what can be checked when `generate` is called, before earlier calls have ended.
 *
 * @throws InvalidArgumentError
 */
export function checkRequest(prompt: unknown, options: GenerateOptions, vaeScaleFactor: number): void {
  const prompts = promptsOf(prompt, options);
  const negative = negativePromptsFor(prompts, options);
  // The tokenizer refuses them too, in their turn.
  for (const [name, texts] of Object.entries({ prompt: prompts, negativePrompt: negative })) {
    const long = texts.find((text) => text.length > MAX_TEXT_LENGTH);
    if (long !== undefined) throw wrongValue(`at most ${MAX_TEXT_LENGTH} characters`, name, long);
  }
  requireMultiples(options, vaeScaleFactor);
  const schedules = ['numInferenceSteps', 'timesteps', 'sigmas'] as const;
  const given = schedules.filter((name) => options[name] !== undefined);
  if (given.length <= 1) return;
  throw new InvalidArgumentError(
    `Expected one of ${schedules.join(', ')} but received ${given.join(' and ')}`,
  );
}

/** Options that say what prompts are. */
export type TextOptions = Pick<GenerateOptions, 'negativePrompt' | 'promptEmbeds' | 'negativePromptEmbeds'>;

/** The texts of a call, a negative prompt for each prompt; '' where none is given. */
export function textsOf(
  prompt: unknown,
  options: TextOptions,
): { readonly prompts: readonly string[]; readonly negativePrompts: readonly string[] } {
  const prompts = promptsOf(prompt, options);
  return { prompts, negativePrompts: negativePromptsFor(prompts, options) };
}

/**
 * Fills in a request's defaults, when its turn has come.
 *
 * @throws InvalidArgumentError
 */
export function resolveRequest(
  prompt: unknown,
  options: GenerateOptions,
  { vaeScaleFactor, sampleSize, reshaped, embedsGuidance = false, ...defaults }: RequestDefaults,
): GenerateRequest {
  const prompts = promptsOf(prompt, options);
  const { numInferenceSteps = defaults.numInferenceSteps ?? 50, guidanceScale = defaults.guidanceScale } =
    options;
  const { eta = defaults.eta ?? 0 } = options;
  const hasNegativeHalf = guidanceScale > 1 && !embedsGuidance;
  const width = options.width ?? reshaped?.width ?? sampleSize.width * vaeScaleFactor;
  const height = options.height ?? reshaped?.height ?? sampleSize.height * vaeScaleFactor;
  const numImagesPerPrompt = options.numImagesPerPrompt ?? reshaped?.numImagesPerPrompt ?? 1;
  const negativePrompts = negativePromptsFor(prompts, options);
  return {
    prompts,
    negativePrompts: hasNegativeHalf ? negativePrompts : undefined,
    numImagesPerPrompt,
    numInferenceSteps,
    guidanceScale,
    eta,
    width,
    height,
    latentSize: latentSize({ width, height }, vaeScaleFactor),
    images: prompts.length * numImagesPerPrompt,
  };
}

/** The shape a request needs, in the terms of `reshape`. */
export function shapeOf(request: GenerateRequest): StaticShape {
  return {
    width: request.width,
    height: request.height,
    batchSize: request.prompts.length,
    numImagesPerPrompt: request.numImagesPerPrompt,
    guidance: request.negativePrompts !== undefined,
  };
}

/** @throws InvalidArgumentError unless both are multiples of the VAE's factor */
export function latentSize(pixels: { width: number; height: number }, factor: number): LatentSize {
  requireMultiples(pixels, factor);
  return { height: pixels.height / factor, width: pixels.width / factor };
}

function requireMultiples(
  { width, height }: { width?: number | undefined; height?: number | undefined },
  factor: number,
): void {
  for (const [name, pixels] of Object.entries({ width, height })) {
    if (pixels !== undefined && pixels % factor !== 0)
      throw wrongValue(`a multiple of ${factor}`, name, pixels);
  }
}

function promptsOf(prompt: unknown, { promptEmbeds }: TextOptions): readonly string[] {
  requireOne({ prompt, promptEmbeds });
  // Their texts are not known.
  if (promptEmbeds) return Array.from({ length: promptEmbeds.shape[0]! }, () => '');
  const prompts: unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  if (prompts.length === 0) {
    throw new InvalidArgumentError('Expected at least one prompt but received an empty list');
  }
  for (const text of prompts) if (typeof text !== 'string') throw wrongValue('a string', 'prompt', text);
  return prompts as string[];
}

function negativePromptsFor(
  prompts: readonly string[],
  { negativePrompt: negative, negativePromptEmbeds }: TextOptions,
): readonly string[] {
  requireOne({ negativePrompt: negative, negativePromptEmbeds });
  if (negative === undefined || typeof negative === 'string') return prompts.map(() => negative ?? '');
  if (negative.length === prompts.length) return negative;
  throw new InvalidArgumentError(
    `Expected one negative prompt or ${prompts.length}, one a prompt, but received ${negative.length}`,
  );
}
