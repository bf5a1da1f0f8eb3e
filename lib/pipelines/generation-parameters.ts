import { basename, resolve } from 'node:path';

import { OpenVINODiffusersError } from '../common/errors.js';
import { version } from '../common/version.js';
import type { GuidanceOptions } from '../denoising/index.js';
import { SAMPLER_CONFIG_KEYS, type GenerationParameters, type SchedulerConfig } from '../image/index.js';
import type { PretrainedModel } from '../models/index.js';
import type { Seed } from '../random/index.js';
import { configOverrides } from '../schedulers/config-overrides.js';
import type { Scheduler } from '../schedulers/index.js';
import type { GenerateOptions } from './generate-options.js';
import type { GenerateRequest } from './request.js';

/** Schedulers whose steps `eta` changes. */
const TAKES_ETA: readonly string[] = ['DDIMScheduler', 'TCDScheduler'];

/** What images were generated with, beside their request. */
export interface GenerationSetup {
  readonly scheduler: Scheduler;
  readonly model: PretrainedModel;
  /** What the model's scheduler_config.json says; empty where it has none. */
  readonly modelSchedulerConfig: Readonly<Record<string, unknown>>;
  readonly inferencePrecision: string | undefined;
  /** Whether one seed made all images of the batch. */
  readonly sharesSeed: boolean;
  /** As given. Default: none. */
  readonly guidance?: GuidanceOptions;
  /** Those of one pipeline only, such as a strength. */
  readonly ownParameters?: Partial<GenerationParameters>;
}

/** The parameters of a request's n-th image, from which it can be generated again. */
export function generationParameters(
  request: GenerateRequest,
  setup: GenerationSetup,
): (image: number, seed: Seed | undefined) => GenerationParameters {
  const { width, height, numInferenceSteps, guidanceScale, numImagesPerPrompt, images, eta } = request;
  const { scheduler, model, inferencePrecision, sharesSeed } = setup;
  const { weightFormat = 'stored', clipSkip = 0 } = model.export ?? {};
  const common = {
    numInferenceSteps,
    guidanceScale,
    ...(request.negativePrompts && guidanceParameters(setup.guidance ?? {})),
    scheduler: scheduler.className,
    schedulerConfig: overridesOf(scheduler, setup.modelSchedulerConfig),
    ...(eta > 0 && TAKES_ETA.includes(scheduler.className) && { eta }),
    width,
    height,
    ...setup.ownParameters,
    model: basename(resolve(model.name)),
    ...(clipSkip > 0 && { clipSkip }),
    ...(inferencePrecision !== undefined && { inferencePrecision }),
    ...(weightFormat !== 'stored' && { weightFormat }),
    version,
  };
  return (image, seed) => {
    const row = Math.floor(image / numImagesPerPrompt);
    return {
      prompt: request.prompts[row]!,
      negativePrompt: request.negativePrompts?.[row] ?? '',
      ...common,
      ...(seed !== undefined && { seed, rng: 'CPU' }),
      ...(seed !== undefined && sharesSeed && images > 1 && { batchSize: images, batchIndex: image }),
    };
  };
}

/** Those that differ from their defaults. */
function guidanceParameters({
  guidanceRescale = 0,
  guidanceStart = 0,
  guidanceEnd = 1,
}: GuidanceOptions): Partial<GenerationParameters> {
  return {
    ...(guidanceRescale > 0 && { guidanceRescale }),
    ...(guidanceStart > 0 && { guidanceStart }),
    ...(guidanceEnd < 1 && { guidanceEnd }),
  };
}

/** Of the class's own config where it cannot take the model's, which the caller's scheduler then replaces. */
function overridesOf(scheduler: Scheduler, config: GenerationSetup['modelSchedulerConfig']): SchedulerConfig {
  try {
    return withoutDefaults(configOverrides(scheduler, config, SAMPLER_CONFIG_KEYS), config);
  } catch (error) {
    if (!(error instanceof OpenVINODiffusersError)) throw error;
    return withoutDefaults(configOverrides(scheduler, {}, SAMPLER_CONFIG_KEYS), {});
  }
}

/** Flags that are off by default, and that no schedule type of the web UI implies. */
const FLAGS = new Map([
  ['useLuLambdas', 'use_lu_lambdas'],
  ['useFlowSigmas', 'use_flow_sigmas'],
]);

/** Without flags that are off as readers take them to be: by default, and in the model's config. */
function withoutDefaults(
  overrides: SchedulerConfig,
  config: GenerationSetup['modelSchedulerConfig'],
): SchedulerConfig {
  const isImplied = (key: string, value: unknown): boolean => {
    const inFile = FLAGS.get(key);
    return inFile !== undefined && value === false && config[inFile] !== true;
  };
  return Object.fromEntries(Object.entries(overrides).filter(([key, value]) => !isImplied(key, value)));
}

/** How prompts were read, where not as plain text of one chunk. */
export function syntaxParameters({
  promptWeighting,
  longPrompts,
}: Pick<GenerateOptions, 'promptWeighting' | 'longPrompts'>): Partial<GenerationParameters> {
  return { ...(promptWeighting && { promptWeighting }), ...(longPrompts && { longPrompts }) };
}
