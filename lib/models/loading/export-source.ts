import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { asSaveError } from '../../common/save-error.js';
import { toPythonJson } from '../../common/python-json.js';
import type { NetworkSource } from '../network-source.js';
import { copyWeights } from '../weights/copy.js';
import { HeldFiles } from '../weights/held-files.js';
import type { ComponentExport } from './component-export.js';

/** transformers 5 refuses configurations of CLIP whose floats are written as integers. */
const TRANSFORMERS_FLOATS = [
  'attention_dropout',
  'dropout',
  'initializer_factor',
  'initializer_range',
  'layer_norm_eps',
  'logit_scale_init_value',
];

/**
 * A network that is built here over mapped weights.
 *
 * @param path - of the model
 * @param scratchDir - folder for converted weights while a network is used; when it is saved they are beside the target
 */
export function exportSource(component: ComponentExport, path: string, scratchDir?: string): NetworkSource {
  if (component.source) return component.source;
  const { name, config, root = path } = component;
  const files = new HeldFiles(component.weightFiles);
  return {
    name,
    path: `${root} (${name})`,
    root,
    config,
    files,
    open: () => component.build(scratchDir),
    save: async (folder, target) => {
      await files.verifyPaths();
      await saveComponent(component, folder, target);
    },
  };
}

async function saveComponent(component: ComponentExport, folder: string, target: string): Promise<void> {
  // The target's disk has room for the weights, or nothing can be saved; temporary files may be in memory.
  using model = await component.build(dirname(folder));
  await asSaveError(target, async () => {
    await mkdir(folder);
    await model.serialize(join(folder, 'openvino_model.xml'), join(folder, 'openvino_model.bin'));
    await writeFile(join(folder, 'config.json'), toPythonJson(component.config, TRANSFORMERS_FLOATS));
    await copyWeights(component.savedWeights ?? [], folder);
  });
}
