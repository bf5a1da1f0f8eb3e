import { cp } from 'node:fs/promises';
import { join } from 'node:path';

import { irSource } from './model-source.js';
import { ModelLoadError } from '../../common/errors.js';
import { saveModel, type ComponentName } from '../index.js';
import { fileExists } from '../../common/file-exists.js';
import type { Core } from '../../runtime/index.js';
import { saving } from '../../common/atomic-folder.js';
import { inFolder, readConfigs, readIndex, type ModelFolder } from './model-folder.js';

/** The names that optimum-intel has given networks, the newest first. */
const NETWORKS = ['openvino_model.xml', 'ov_model.xml'];

/** Whether a folder's UNet is exported already. */
export async function isOpenvinoFolder(folder: string): Promise<boolean> {
  const there = await Promise.all(NETWORKS.map((name) => fileExists(join(folder, 'unet', name))));
  return there.includes(true);
}

/**
 * A folder in optimum-intel's layout (versions 1.7 to 2.2).
 *
 * @throws ModelLoadError naming the file that is missing, broken or does not fit
 */
export async function openOpenvinoFolder(folder: string, core: Core): Promise<ModelFolder> {
  const index = await readIndex(folder);
  const configs = await readConfigs(folder);
  const source = async (component: string) => irSource(core, await findNetwork(folder, component));
  const hasEncoder = await fileExists(join(folder, 'vae_encoder'));
  return {
    name: folder,
    folder,
    ...inFolder(folder),
    ...configs,
    textEncoder: await source('text_encoder'),
    unet: await source('unet'),
    vaeDecoder: await source('vae_decoder'),
    vaeEncoder: hasEncoder ? await source('vae_encoder') : undefined,
    async save(target, scheduler, options) {
      const names: ComponentName[] = ['text_encoder', 'unet', 'vae_decoder'];
      if (hasEncoder) names.push('vae_encoder');
      const networks = names.map((name) => ({
        name,
        write: (to: string) =>
          saving(target, () => cp(join(folder, name), to, { recursive: true, dereference: true })),
      }));
      const model = { source: folder, index, schedulerConfig: scheduler.toJSON(), networks };
      await saveModel(model, target, options, 'savePretrained');
    },
  };
}

/** The component's .xml under either name, its .bin checked too. */
async function findNetwork(folder: string, component: string): Promise<string> {
  const candidates = NETWORKS.map((name) => join(folder, component, name));
  for (const path of candidates) {
    if (!(await fileExists(path))) continue;
    const weights = path.replace(/\.xml$/, '.bin');
    if (await fileExists(weights)) return path;
    throw new ModelLoadError('MODEL_NOT_FOUND', `${path} is there but its weights are not: ${weights}`);
  }
  throw new ModelLoadError('MODEL_NOT_FOUND', `Neither ${candidates.join(' nor ')} exists`);
}
