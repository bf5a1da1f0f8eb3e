import { ConfigurableScheduler } from './configurable-scheduler.js';
import { hasSchedulerClass, schedulerFromConfig } from './registry.js';
import { Scheduler } from './scheduler.js';

interface Corrections {
  readonly clipSample: boolean;
  readonly skipPrkSteps: boolean;
}

const TEXT_TO_IMAGE: Corrections = { clipSample: true, skipPrkSteps: false };
const INPAINT: Corrections = { clipSample: false, skipPrkSteps: true };

/**
 * The pipelines of diffusers 0.39 whose `__init__` corrects the scheduler's config. Those of ControlNet, SDXL, latent
 * consistency, depth and upscaling take it as it is.
 */
const CORRECTIONS: Readonly<Record<string, Corrections>> = {
  StableDiffusionPipeline: TEXT_TO_IMAGE,
  StableDiffusionImg2ImgPipeline: TEXT_TO_IMAGE,
  StableDiffusionInpaintPipeline: INPAINT,
  StableDiffusionPAGPipeline: TEXT_TO_IMAGE,
  StableDiffusionPAGImg2ImgPipeline: TEXT_TO_IMAGE,
  StableDiffusionPAGInpaintPipeline: TEXT_TO_IMAGE,
};

/**
 * The scheduler as a pipeline of diffusers has it after loading. Files written for early models lack `steps_offset`
 * or `clip_sample`, whose defaults are wrong for Stable Diffusion, so the constructors of its pipelines set
 * `steps_offset` to 1 and `clip_sample` to false (inpainting: `skip_prk_steps` to true) whenever the config has the
 * key with another value, whatever the scheduler. optimum-intel calls the same constructors.
 *
 * Apply it to the scheduler a pipeline is loaded or constructed with; a scheduler set later stays as it is.
 *
 * @param pipelineClass - diffusers' class or optimum-intel's, as model_index.json names it
 * @returns a corrected copy, or the scheduler itself when there is nothing to correct
 * @example
 * ```ts
 * const scheduler = await schedulerFromPretrained('./model-of-2022');
 * pipeline.scheduler = correctScheduler(scheduler, 'StableDiffusionPipeline');
 * ```
 * @see https://github.com/huggingface/diffusers/blob/v0.39.0/src/diffusers/pipelines/stable_diffusion/pipeline_stable_diffusion.py
 */
export function correctScheduler<Instance extends Scheduler>(
  scheduler: Instance,
  pipelineClass: string,
): Instance {
  if (!isConfigurable(scheduler)) return scheduler;
  const config = scheduler.config as Readonly<Record<string, unknown>>;
  const values = correctedValues(config, pipelineClass, camelCase);
  return Object.keys(values).length > 0 ? scheduler.withConfig(values) : scheduler;
}

/**
 * The contents of scheduler_config.json for a pipeline that was loaded from `file`: corrected as by `correctScheduler`,
 * every key with its value, or the file itself when there is nothing to correct. Of a class that this package lacks
 * only the keys that are there are corrected.
 *
 * @param source - the file's path, for messages
 * @throws ModelLoadError as `schedulerFromConfig`
 * @example
 * ```ts
 * const file = { _class_name: 'DDIMScheduler', steps_offset: 0 };
 * correctSchedulerFile(file, 'StableDiffusionPipeline', 'scheduler_config.json').steps_offset; // 1
 * ```
 */
export function correctSchedulerFile(
  file: Readonly<Record<string, unknown>>,
  pipelineClass: string,
  source: string,
): Readonly<Record<string, unknown>> {
  const { _class_name: name } = file;
  if (typeof name !== 'string' || !hasSchedulerClass(name)) {
    return { ...file, ...correctedValues(file, pipelineClass, (key) => key) };
  }
  const scheduler = schedulerFromConfig(file, source);
  const corrected = correctScheduler(scheduler, pipelineClass);
  return corrected === scheduler ? file : corrected.toJSON();
}

function correctedValues(
  config: Readonly<Record<string, unknown>>,
  pipelineClass: string,
  keyOf: (fileKey: string) => string,
): Record<string, unknown> {
  const name = pipelineClass.replace(/^OV/, '');
  const corrections = Object.hasOwn(CORRECTIONS, name) ? CORRECTIONS[name] : undefined;
  if (!corrections) return {};
  const [offset, clip, skip] = ['steps_offset', 'clip_sample', 'skip_prk_steps'].map(keyOf) as [
    string,
    string,
    string,
  ];
  return {
    ...(offset in config && config[offset] !== 1 && { [offset]: 1 }),
    ...(corrections.clipSample && config[clip] === true && { [clip]: false }),
    ...(corrections.skipPrkSteps && config[skip] === false && { [skip]: true }),
  };
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isConfigurable(scheduler: Scheduler): scheduler is ConfigurableScheduler<Record<string, unknown>> {
  // Values from JavaScript may be anything; the pipeline refuses them.
  return Scheduler.isScheduler(scheduler) && 'withConfig' in scheduler;
}
