import { defined } from '../common/defined.js';
import { integer, numberBetween } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import {
  modelKindOf,
  savedGenerationDefaults,
  type GenerationDefaults,
  type PretrainedModel,
} from '../models/index.js';
import type { GenerateOptions } from './generate-options.js';

/** Generation defaults with a value for each. */
export type CompleteGenerationDefaults = Readonly<Record<keyof GenerationDefaults, number>>;

/** What a family of models generates with. */
export type FamilyDefaults = GenerationDefaults & { readonly guidanceScale: number };

/** diffusers' for models of many steps. */
const MAX_DEFAULT_STEPS = 50;

const schema = optionsSchema<GenerationDefaults>()({
  numInferenceSteps: integer(1, 1000).optional(),
  guidanceScale: numberBetween(-100, 1000).optional(),
  eta: numberBetween(0, 1).optional(),
});

/** The field of options that have generation defaults. */
export const generationDefaultsField = schema;

/** @throws InvalidArgumentError */
export function parseGenerationDefaults(defaults: GenerationDefaults): GenerationDefaults {
  return parseOptions(schema, defaults, 'generationDefaults');
}

/** Defaults from the most general to those given, of which each may leave some to the one before. */
export function mergedDefaults(
  ...defaults: readonly (GenerationDefaults | undefined)[]
): CompleteGenerationDefaults {
  const entries = [{ numInferenceSteps: MAX_DEFAULT_STEPS, guidanceScale: 7.5, eta: 0 }, ...defaults].flatMap(
    (each) => Object.entries(each ?? {}).filter(([, value]) => value !== undefined),
  );
  return Object.freeze(Object.fromEntries(entries)) as CompleteGenerationDefaults;
}

/**
 * A model with the defaults of its kind, and those it was saved with; for a checkpoint of a few-step kind, with the
 * kind's scheduler.
 *
 * @param predictionType - of a checkpoint, where the caller says it
 * @throws ModelLoadError `CONFIG_INVALID`
 */
export async function withModelDefaults(
  model: PretrainedModel,
  predictionType?: string,
): Promise<PretrainedModel> {
  const saved = savedGenerationDefaults(model.index, model.path);
  const kind = await modelKindOf(model);
  if (!kind && !saved) return model;
  const generationDefaults = { ...kind?.defaults, ...defined(saved ?? {}) };
  const scheduler = /\.safetensors$/i.test(model.path) ? kind?.schedulerConfig : undefined;
  if (!scheduler) return { ...model, generationDefaults };
  const config: Record<string, unknown> = { ...(await model.schedulerConfig()), ...scheduler };
  if (predictionType !== undefined) config.prediction_type = predictionType;
  return { ...model, generationDefaults, schedulerConfig: () => Promise.resolve(config) };
}

/** Where few steps are the default, as many for a generation from an image that its strength leaves one. */
export function withSteps<Options extends GenerateOptions>(
  options: Options,
  { numInferenceSteps }: CompleteGenerationDefaults,
  strength: number,
): Options {
  if (options.numInferenceSteps ?? options.timesteps ?? options.sigmas) return options;
  let steps = numInferenceSteps;
  while (Math.floor(steps * strength) < 1 && steps < MAX_DEFAULT_STEPS) steps++;
  return { ...options, numInferenceSteps: steps };
}
