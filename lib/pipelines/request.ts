import type { LatentSize } from '../components/index.js';
import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import type { StableDiffusionComponents } from './components.js';
import type { GenerateOptions } from './generate-options.js';
import type { ReshapeOptions } from './pipeline-options.js';

/** The shape a pipeline was made static for. */
export type StaticShape = Required<{ [Key in keyof ReshapeOptions]: NonNullable<ReshapeOptions[Key]> }>;

/** A call of `generate`, its defaults filled in and its parts found to fit each other. */
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
  /** Pictures in all. */
  readonly images: number;
}

/** @throws InvalidArgumentError, ShapeMismatchError */
export function resolveRequest(
  prompt: unknown,
  options: GenerateOptions,
  components: StableDiffusionComponents,
  fixed: StaticShape | undefined,
): GenerateRequest {
  const prompts = checkedPrompts(prompt);
  const trained = components.sampleSize * components.vaeScaleFactor;
  const { width = fixed?.width ?? trained, height = fixed?.height ?? trained } = options;
  const { numInferenceSteps = 50, guidanceScale = 7.5, eta = 0 } = options;
  const numImagesPerPrompt = options.numImagesPerPrompt ?? fixed?.numImagesPerPrompt ?? 1;
  return {
    prompts,
    negativePrompts: guidanceScale > 1 ? negativesFor(prompts, options.negativePrompt) : undefined,
    numImagesPerPrompt,
    numInferenceSteps,
    guidanceScale,
    eta,
    width,
    height,
    latentSize: latentSize(width, height, components.vaeScaleFactor),
    images: prompts.length * numImagesPerPrompt,
  };
}

/** @throws InvalidArgumentError unless both are multiples of the VAE's factor */
export function latentSize(width: number, height: number, factor: number): LatentSize {
  for (const [name, pixels] of Object.entries({ width, height })) {
    if (pixels % factor !== 0) throw wrongValue(`a multiple of ${factor}`, name, pixels);
  }
  return { height: height / factor, width: width / factor };
}

/** @throws ShapeMismatchError when the request is of another shape than the pipeline was made static for */
export function requireShape(request: GenerateRequest, fixed: StaticShape): void {
  const wanted = {
    width: request.width,
    height: request.height,
    batchSize: request.prompts.length,
    numImagesPerPrompt: request.numImagesPerPrompt,
    guidance: request.guidanceScale > 1,
  };
  const differing = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (key) => wanted[key] !== fixed[key],
  );
  if (differing.length === 0) return;
  const told = differing.map((key) => `${key} ${wanted[key]} instead of ${fixed[key]}`).join(', ');
  throw new ShapeMismatchError(`The pipeline was reshaped, with strictShapes, to another shape: ${told}`);
}

function checkedPrompts(prompt: unknown): readonly string[] {
  const prompts: unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  if (prompts.length === 0)
    throw new InvalidArgumentError('Expected at least one prompt but received an empty list');
  for (const text of prompts) if (typeof text !== 'string') throw wrongValue('a string', 'prompt', text);
  return prompts as string[];
}

function negativesFor(
  prompts: readonly string[],
  negative: GenerateOptions['negativePrompt'],
): readonly string[] {
  if (negative === undefined || typeof negative === 'string') return prompts.map(() => negative ?? '');
  if (negative.length === prompts.length) return negative;
  throw new InvalidArgumentError(
    `Expected one negative prompt or ${prompts.length}, one a prompt, but received ${negative.length}`,
  );
}
