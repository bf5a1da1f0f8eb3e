import type { ModelSource } from './model-source.js';
import { ModelLoadError } from '../../common/errors.js';
import { saveExport, type ComponentExport, type ComponentName, type PipelineExport } from '../index.js';
import { checkConfigs, type ModelFolder } from './model-folder.js';

/**
 * A model whose networks are built here over the mapped weights.
 *
 * @throws ModelLoadError `CONFIG_INVALID`
 */
export function exportedModel(
  exported: PipelineExport,
  rest: Pick<ModelFolder, 'tokenizer' | 'scheduler'>,
): ModelFolder {
  const { source: path } = exported;
  const component = (name: ComponentName): ComponentExport => {
    const found = exported.components.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new ModelLoadError('CONFIG_INVALID', `Expected the model_index.json of ${path} to name a ${name}`);
  };
  const source = (name: ComponentName): ModelSource => {
    const { build } = component(name);
    return { name: `${path} (${name})`, open: () => build() };
  };
  return {
    name: path,
    folder: path,
    ...rest,
    ...checkConfigs(path, component('unet').config, component('vae_decoder').config),
    textEncoder: source('text_encoder'),
    unet: source('unet'),
    vaeDecoder: source('vae_decoder'),
    vaeEncoder: source('vae_encoder'),
    save: (target, scheduler, saveOptions) =>
      saveExport({ ...exported, schedulerConfig: scheduler.toJSON() }, target, saveOptions),
  };
}
