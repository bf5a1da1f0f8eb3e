import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { ModelLoadError } from '../../../common/errors.js';
import { fileExists } from '../../../common/file-exists.js';
import { sharedCore } from '../../../runtime/index.js';
import { readNetworkConfig } from '../../definitions/network-config.js';
import { IR_NAMES } from '../../file-names.js';
import { COMPONENTS } from '../../layout.js';
import type { ComponentExport } from '../component-export.js';
import { irSource } from '../ir-source.js';
import { networkWeights } from '../network-weights.js';
import { exportsOf, vaeSizes, type ReplacementVae, type VaeOptions } from './replacement-vae.js';

/**
 * Opens a VAE in a folder: `vae/` of a model, the VAE's own folder, or `vae_decoder/` and `vae_encoder/` in OpenVINO's
 * layout. Weights come before networks, where there are both.
 *
 * @throws ModelLoadError
 */
export async function openVaeFolder(folder: string, options: VaeOptions): Promise<ReplacementVae> {
  const own = join(folder, 'vae');
  for (const candidate of [own, folder]) {
    if (await hasWeights(candidate)) return openWeights(folder, candidate, options);
  }
  if (await hasNetwork(join(folder, 'vae_decoder'))) return openNetworks(folder);
  // An error about the missing part says more than one about a missing VAE.
  if (await fileExists(join(own, 'config.json'))) return openWeights(folder, own, options);
  const hint = (await hasNetwork(folder)) ? '; it is one network, pass the folder that it is in' : '';
  throw new ModelLoadError(
    'MODEL_NOT_FOUND',
    `${folder} has no VAE: neither weights of its own (${COMPONENTS.vae.weights}.safetensors with a config.json), nor ` +
      `a folder vae with them, nor a folder vae_decoder with a network${hint}`,
  );
}

/**
 * Checks that a config.json is that of a VAE which can be used, before its weights are downloaded.
 *
 * @throws ModelLoadError `UNSUPPORTED` for another class, `CONFIG_INVALID`
 */
export async function checkVaeConfig(path: string): Promise<void> {
  vaeSizes(await readNetworkConfig(path));
}

async function openWeights(
  path: string,
  folder: string,
  { weightFormat = 'stored', variant }: VaeOptions,
): Promise<ReplacementVae> {
  // A class that is not supported may have no such weights.
  await checkVaeConfig(join(folder, 'config.json'));
  const source = await networkWeights(folder, COMPONENTS.vae.weights, { weightFormat, variant });
  return {
    path,
    config: source.config,
    ...vaeSizes(source.config),
    isBuilt: true,
    found: source,
    components: (scaleFactor) =>
      exportsOf(source, scaleFactor).map((component) => ({ ...component, root: folder })),
  };
}

async function openNetworks(folder: string): Promise<ReplacementVae> {
  const core = sharedCore();
  const sources = [await irSource(core, folder, 'vae_decoder')];
  // Old exports have no encoder.
  if (await fileExists(join(folder, 'vae_encoder')))
    sources.push(await irSource(core, folder, 'vae_encoder'));
  // Nor a configuration beside each.
  const described = sources.find(({ config }) => Object.keys(config).length > 0);
  const path = join(folder, described?.name ?? 'vae_decoder', 'config.json');
  if (!described) throw new ModelLoadError('MODEL_NOT_FOUND', `There is no ${path}`);
  const config = { path, raw: described.config };
  const sizes = vaeSizes(config);
  const components = sources.map((found): ComponentExport => {
    const config = Object.keys(found.config).length > 0 ? found.config : described.config;
    const source = { ...found, config, root: dirname(found.path) };
    const { name, root } = source;
    return { name, config, root, weightFiles: [], build: () => source.open(), source };
  });
  return { path: folder, config, ...sizes, isBuilt: false, components: () => components };
}

/** Whether a folder has weights under diffusers' name, of any variant, in shards, or as pickles. */
async function hasWeights(folder: string): Promise<boolean> {
  const files = await readdir(folder).catch(() => []);
  return files.some((file) => file.startsWith(COMPONENTS.vae.weights));
}

async function hasNetwork(folder: string): Promise<boolean> {
  const there = await Promise.all(IR_NAMES.map((name) => fileExists(join(folder, `${name}.xml`))));
  return there.includes(true);
}
