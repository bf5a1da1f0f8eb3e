import { join } from 'node:path';

import { ModelLoadError } from '../../common/errors.js';
import { fileExists } from '../../common/file-exists.js';
import type { Core } from '../../runtime/index.js';
import { IR_NAMES } from '../file-names.js';
import {
  COMPONENTS,
  isNamed,
  NETWORK_KEYS,
  pipelineLayoutOf,
  type ModelIndex,
  type NetworkKey,
} from '../layout.js';
import type { NetworkSource } from '../network-source.js';
import type { PretrainedModel } from '../pretrained-model.js';
import { checkVariant } from './check-variant.js';
import { exportSource } from './export-source.js';
import { irSource } from './ir-source.js';
import { readModelIndex, schedulerConfigIn, tokenizersIn } from './model-folder.js';
import {
  safetyCheckerSource,
  warnMissingSafetyChecker,
  withoutSafetyChecker,
} from './safety-checker-source.js';
import { scaleFactorIn } from './vae-scale-factor.js';
import { replaceVae, withVae, type ReplacementVae } from './vae/replacement-vae.js';

/** Whether a folder's UNet is exported already. */
export async function isOpenvinoFolder(folder: string): Promise<boolean> {
  const there = await Promise.all(IR_NAMES.map((name) => fileExists(join(folder, 'unet', `${name}.xml`))));
  return there.includes(true);
}

/** What of a folder is left out, or taken from elsewhere. */
export interface OpenvinoFolderOptions {
  /** null: it is not looked for. */
  readonly safetyChecker?: null | undefined;
  /** In place of the folder's own, which is not looked for then. */
  readonly vae?: ReplacementVae | undefined;
  /** Of that VAE's weights. */
  readonly variant?: string | undefined;
  /** Folder for that VAE's converted weights. */
  readonly scratchDir?: string | undefined;
}

/**
 * Opens a folder in optimum-intel's layout (versions 1.7 to 2.2).
 *
 * @throws ModelLoadError naming the file that is missing, broken or does not fit
 */
export async function openOpenvinoFolder(
  folder: string,
  core: Core,
  options: OpenvinoFolderOptions = {},
): Promise<PretrainedModel> {
  const index = await readModelIndex(folder);
  const networks: NetworkSource[] = [];
  for (const key of NETWORK_KEYS) {
    if (key === 'safety_checker' && options.safetyChecker === null) continue;
    if (key === 'vae' && options.vae)
      networks.push(...(await replacement(folder, networks, options.vae, options)));
    else networks.push(...(await networksOf(folder, index, key, core)));
  }
  const hasSafetyChecker = networks.some(({ name }) => name === 'safety_checker');
  return {
    name: folder,
    path: folder,
    index: withVae(hasSafetyChecker ? index : withoutSafetyChecker(index), options.vae),
    networks: withVaeConfig(networks, folder),
    tokenizers: tokenizersIn(folder, index),
    schedulerConfig: () => schedulerConfigIn(folder),
    export: undefined,
  };
}

/** The networks of a VAE from elsewhere. */
async function replacement(
  folder: string,
  others: readonly NetworkSource[],
  vae: ReplacementVae,
  { variant, scratchDir }: OpenvinoFolderOptions,
): Promise<NetworkSource[]> {
  const index = await readModelIndex(folder);
  const { isXl } = pipelineLayoutOf(index, folder);
  if (vae.found) checkVariant(folder, variant, [vae.found]);
  const unet = others.find(({ name }) => name === 'unet')?.config ?? {};
  const components = replaceVae(vae, unet, folder, await scaleFactorIn(folder, isXl));
  return components.map((component) => exportSource(component, folder, scratchDir));
}

async function networksOf(
  folder: string,
  index: ModelIndex,
  key: NetworkKey,
  core: Core,
): Promise<NetworkSource[]> {
  if (key === 'safety_checker') return safetyChecker(folder, index, core);
  const { required } = pipelineLayoutOf(index, folder);
  const sources: NetworkSource[] = [];
  for (const name of COMPONENTS[key].networks) {
    // Exports by optimum-intel before 1.9 have no VAE encoder, and text to image needs none.
    const isNeeded = required.includes(key) && name !== 'vae_encoder';
    if (isNeeded || (await fileExists(join(folder, name)))) sources.push(await irSource(core, folder, name));
  }
  return sources;
}

/** A safety checker is a network here, or weights as optimum-intel keeps them; one that is missing is a warning. */
async function safetyChecker(folder: string, index: ModelIndex, core: Core): Promise<NetworkSource[]> {
  if (!isNamed(index, 'safety_checker')) return [];
  const own = join(folder, 'safety_checker');
  try {
    const isIr = (await Promise.all(IR_NAMES.map((name) => fileExists(join(own, `${name}.xml`))))).includes(
      true,
    );
    return [isIr ? await irSource(core, folder, 'safety_checker') : await safetyCheckerSource(folder)];
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    warnMissingSafetyChecker(folder, error);
    return [];
  }
}

/** Old exports have a configuration beside one half of the VAE only. */
function withVaeConfig(networks: readonly NetworkSource[], folder: string): readonly NetworkSource[] {
  const hasConfig = ({ config }: NetworkSource): boolean => Object.keys(config).length > 0;
  const halves = networks.filter(({ name }) => name === 'vae_decoder' || name === 'vae_encoder');
  const described = halves.find(hasConfig);
  const unet = networks.find(({ name }) => name === 'unet');
  for (const [network, key] of [
    [unet, 'unet'],
    [described, 'vae_decoder'],
  ] as const) {
    if (network && hasConfig(network)) continue;
    throw new ModelLoadError('MODEL_NOT_FOUND', `There is no ${join(folder, key, 'config.json')}`);
  }
  return networks.map((network) =>
    halves.includes(network) && !hasConfig(network) && described
      ? { ...network, config: described.config }
      : network,
  );
}
