import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { exportPipeline, type ExportOptions } from '../index.js';
import { exportedModel } from './exported-model.js';
import { inFolder, readIndex, type ModelFolder } from './model-folder.js';

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
  return exportedModel(await exportPipeline(folder, options), inFolder(folder));
}
