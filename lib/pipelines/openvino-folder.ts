import { cp } from 'node:fs/promises';
import { join } from 'node:path';

import { irSource } from '../components/index.js';
import { ModelLoadError } from '../errors.js';
import { saveOptionsSchema, saveRest, type ComponentName } from '../export/index.js';
import { fileExists } from '../file-exists.js';
import { parseOptions } from '../options.js';
import type { Core } from '../runtime/index.js';
import { saving, writeWholeFolder } from '../whole-folder.js';
import { readConfigs, readIndex, type ModelFolder } from './model-folder.js';

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
  await readIndex(folder);
  const configs = await readConfigs(folder, 'vae_decoder');
  const source = async (component: string) => irSource(core, await findNetwork(folder, component));
  const hasEncoder = await fileExists(join(folder, 'vae_encoder'));
  return {
    folder,
    ...configs,
    textEncoder: await source('text_encoder'),
    unet: await source('unet'),
    vaeDecoder: await source('vae_decoder'),
    vaeEncoder: hasEncoder ? await source('vae_encoder') : undefined,
    async save(target, scheduler, options) {
      const { overwrite, onProgress, signal } = parseOptions(saveOptionsSchema, options, 'savePretrained');
      const index = await readIndex(folder);
      const networks: ComponentName[] = ['text_encoder', 'unet', 'vae_decoder'];
      if (hasEncoder) networks.push('vae_encoder');
      await writeWholeFolder(target, { overwrite, sources: [folder] }, async (partial) => {
        for (const [place, name] of networks.entries()) {
          signal?.throwIfAborted();
          await saving(target, () =>
            cp(join(folder, name), join(partial, name), { recursive: true, dereference: true }),
          );
          onProgress?.({ component: name, done: place + 1, total: networks.length });
        }
        await saving(target, () =>
          saveRest({ source: folder, index, schedulerConfig: scheduler.toJSON() }, partial),
        );
      });
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
