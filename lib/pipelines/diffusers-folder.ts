import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { ModelSource } from '../components/index.js';
import { ModelLoadError } from '../errors.js';
import {
  exportPipeline,
  saveExport,
  type ComponentExport,
  type ComponentName,
  type ExportOptions,
} from '../export/index.js';
import { readConfigs, readIndex, type ModelFolder } from './model-folder.js';

/** Whether a folder's UNet has weights to be exported. */
export async function isDiffusersFolder(folder: string): Promise<boolean> {
  const files = await readdir(join(folder, 'unet')).catch(() => []);
  return files.some((file) => file.includes('.safetensors'));
}

/**
 * A folder as diffusers' `save_pretrained` writes it, its networks built here over the mapped weights.
 *
 * @throws ModelLoadError naming what is missing, broken or not supported
 */
export async function openDiffusersFolder(folder: string, options: ExportOptions): Promise<ModelFolder> {
  await readIndex(folder);
  const exported = await exportPipeline(folder, options);
  const component = (name: ComponentName): ComponentExport => {
    const found = exported.components.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `Expected ${join(folder, 'model_index.json')} to name a ${name}`,
    );
  };
  const source = (name: ComponentName): ModelSource => {
    const { build } = component(name);
    return { name: `${folder} (${name})`, open: () => build() };
  };
  return {
    folder,
    ...(await readConfigs(folder, 'vae')),
    textEncoder: source('text_encoder'),
    unet: source('unet'),
    vaeDecoder: source('vae_decoder'),
    vaeEncoder: source('vae_encoder'),
    save: (target, scheduler, saveOptions) =>
      saveExport({ ...exported, schedulerConfig: scheduler.toJSON() }, target, saveOptions),
  };
}
