import { ModelLoadError } from '../common/errors.js';
import { findNetwork, pipelineClassOf, type ModelIndex, type PretrainedModel } from '../models/index.js';
import type { Scheduler } from '../schedulers/index.js';
import type { LoadedComponents } from './load-components.js';
import type { PipelineInit } from './pipeline-init.js';

/** A pipeline class as loading needs it. */
export interface LoadablePipeline<Pipeline = unknown, Components extends LoadedComponents = never> {
  /** Pipeline classes of `model_index.json` that it loads. */
  readonly modelClasses: readonly string[];
  /** Checks that the model has all components that it needs. */
  new (components: Components, scheduler: Scheduler, init?: PipelineInit): Pipeline;
}

/** What a pipeline starts from, as its class's name says. */
export type PipelineTask = 'Img2Img' | 'Inpaint';

const registered = new Map<string, LoadablePipeline>();

/**
 * Lets `OVDiffusionPipeline.fromPretrained` pick a pipeline class; each registers itself.
 *
 * @param className - diffusers' name, as model_index.json has it
 */
export function registerPipeline(className: string, pipelineClass: LoadablePipeline): void {
  registered.set(className, pipelineClass);
}

/**
 * The pipeline class that an index names.
 *
 * @param path - of the model, for the message
 * @throws ModelLoadError `UNSUPPORTED`
 */
export function pipelineOfIndex(index: ModelIndex, path: string): LoadablePipeline {
  const found = registered.get(pipelineClassOf(index));
  if (found) return found;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${path} holds a ${String(index._class_name)}; supported are ${[...registered.keys()].join(', ')}`,
  );
}

/**
 * The pipeline class for a task with the model of another one, as diffusers' AutoPipeline finds it.
 *
 * @throws ModelLoadError `UNSUPPORTED`
 */
export function pipelineForTask({ index, path }: PretrainedModel, task: PipelineTask): LoadablePipeline {
  const family = pipelineClassOf(index).replace(/(Img2Img|Inpaint)?Pipeline$/, '');
  const found = registered.get(`${family}${task}Pipeline`);
  if (found) return found;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${path} holds a ${pipelineClassOf(index)}, for which there is no ${family}${task}Pipeline`,
  );
}

/** The pipeline class that a model is for: that of its index, or for inpainting where its UNet was trained for it. */
export function pipelineOfModel(model: PretrainedModel): LoadablePipeline {
  const own = pipelineOfIndex(model.index, model.path);
  const { in_channels: channels } = findNetwork(model, 'unet')?.config ?? {};
  const inpaint = pipelineClassOf(model.index).replace(/(Img2Img|Inpaint)?Pipeline$/, 'InpaintPipeline');
  return (channels === 9 ? registered.get(inpaint) : undefined) ?? own;
}
