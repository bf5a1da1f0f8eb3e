import {
  pipelineClassOf,
  saveModel,
  withGenerationDefaults,
  type GenerationDefaults,
  type ModelIndex,
  type PretrainedModel,
  type SaveExportOptions,
} from '../models/index.js';
import type { Scheduler } from '../schedulers/index.js';
import { networksOf } from './components.js';
import { saveTokenizerNetworks } from './save-export.js';

/**
 * Writes a pipeline in optimum-intel's layout, atomically.
 *
 * @param className - diffusers' name of the pipeline
 * @param generationDefaults - those set, in place of the model's
 * @throws SaveError, InvalidArgumentError; the signal's reason
 */
export async function savePipeline(
  components: { readonly model: PretrainedModel },
  scheduler: Scheduler,
  className: string,
  target: string,
  options: SaveExportOptions,
  generationDefaults: GenerationDefaults,
): Promise<void> {
  const { model } = components;
  // The decoder of previews is no part of the model.
  const held = networksOf({ ...components, tinyVae: undefined }).map(({ source }) => source);
  const others = model.networks.filter(({ name }) => !held.some((source) => source.name === name));
  const networks = [...held, ...others].map((source) => ({
    name: source.name,
    write: (folder: string) => source.save(folder, target),
  }));
  const schedulerConfig = scheduler.toJSON();
  const roots = [...held, ...others].map(({ root }) => root);
  const saved = {
    source: model.path,
    index: withGenerationDefaults(indexOf(model.index, className), {
      ...model.generationDefaults,
      ...generationDefaults,
    }),
    schedulerConfig,
    networks,
    roots,
  };
  await saveModel(
    { ...saved, tokenizers: model.tokenizers, complete: saveTokenizerNetworks },
    target,
    options,
    'savePretrained',
  );
}

/** The index of a model as another pipeline's; its own where the class is the same. */
function indexOf(index: ModelIndex, className: string): ModelIndex {
  return pipelineClassOf(index) === className ? index : { ...index, _class_name: `OV${className}` };
}
