import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { toPythonJson } from '../../common/python-json.js';
import { saving } from '../../common/atomic-folder.js';
import type { ComponentExport } from '../loading/component-export.js';
import type { PipelineExport } from '../loading/export-pipeline.js';
import { saveModel, type SaveExportOptions } from './save-model.js';

/** transformers 5 refuses configurations of CLIP whose floats are written as whole numbers. */
const TRANSFORMERS_FLOATS = [
  'attention_dropout',
  'dropout',
  'initializer_factor',
  'initializer_range',
  'layer_norm_eps',
  'logit_scale_init_value',
];

/**
 * Writes a pipeline in optimum-intel's layout: whole, or not at all.
 *
 * @param target - a folder that is made, or with `overwrite` replaced
 * @throws SaveError `SAVE_FAILED` when the target exists, or cannot be written
 * @throws ModelLoadError `MODEL_CORRUPT` when weights do not fit their network
 * @throws InvalidArgumentError
 * @throws the signal's reason when aborted
 */
export async function saveExport(
  pipeline: PipelineExport,
  target: string,
  options: SaveExportOptions = {},
): Promise<void> {
  const networks = pipeline.components.map((component) => ({
    name: component.name,
    write: (folder: string) => saveComponent(component, folder, target),
  }));
  await saveModel({ ...pipeline, networks }, target, options, 'saveExport');
}

async function saveComponent(component: ComponentExport, folder: string, target: string): Promise<void> {
  // The target's disk has room for the weights, or nothing can be saved; the system's temporary files may be in memory.
  using model = await component.build(dirname(folder));
  await saving(target, async () => {
    await mkdir(folder);
    await model.serialize(join(folder, 'openvino_model.xml'), join(folder, 'openvino_model.bin'));
    await writeFile(join(folder, 'config.json'), toPythonJson(component.config, TRANSFORMERS_FLOATS));
  });
}
