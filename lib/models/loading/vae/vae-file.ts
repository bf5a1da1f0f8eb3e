import { dirname, join } from 'node:path';

import { ModelLoadError } from '../../../common/errors.js';
import { fileExists } from '../../../common/file-exists.js';
import { readNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import type { WeightFormat } from '../../weights/formats.js';
import { OWN_NAMES, type WeightNaming } from '../../weights/naming.js';
import { Checkpoint, PREFIXES } from '../single-file/checkpoint.js';
import { isXl } from '../single-file/text-encoders.js';
import { ORIGINAL_VAE_KEYS, vaeConfigOf, XL_VAE, type VaeKeys } from '../single-file/vae-config.js';
import { vaeNaming } from '../single-file/vae-naming.js';
import { exportsOf, vaeSizes, type ReplacementVae, type VaeOptions } from './replacement-vae.js';

/** What stands before a VAE's keys: in checkpoints, in those that diffusers' users have merged, and in files of VAEs. */
const KEY_PREFIXES = [PREFIXES.vae, 'vae.', ''];

/** diffusers' keys, which files taken out of a VAE's folder have. */
const DIFFUSERS_RESNET: VaeKeys['resnet'] = (level, layer) => `encoder.down_blocks.${level}.resnets.${layer}`;

/** Keys of AutoencoderTiny, in diffusers' layout and in its author's. */
const TINY = /^((encoder|decoder)\.layers\.)?\d+\.(conv\.\d+\.)?weight$/;

/** As diffusers describes a VAE's file that says nothing of it: after Stable Diffusion 1.5. */
const SAMPLE_SIZE = 512;

/**
 * Opens a VAE in one file: alone, or in a whole checkpoint. Its configuration follows from its tensors' shapes and, in
 * what these do not show, is Stable Diffusion's; the config.json beside a file in diffusers' layout goes first.
 *
 * @throws ModelLoadError `MODEL_CORRUPT`, `UNSUPPORTED` for a file without a VAE of this class
 */
export async function openVaeFile(
  path: string,
  { weightFormat: format = 'stored' }: VaeOptions,
): Promise<ReplacementVae> {
  const checkpoint = new Checkpoint(path);
  if (checkpoint.some(TINY)) return openTinyVaeFile(path, format);
  const keys = keysOf(checkpoint);
  const isOriginal = keys.resnet === ORIGINAL_VAE_KEYS.resnet;
  const beside = isOriginal ? undefined : await configBeside(path);
  const config = beside ?? { path, raw: inferConfig(checkpoint, keys) };
  const sizes = vaeSizes(config);
  const levels = 1 + Math.log2(sizes.scaleFactor);
  const naming: WeightNaming = isOriginal
    ? vaeNaming(levels, keys.prefix)
    : { ...OWN_NAMES, prefix: keys.prefix };
  const weights = { files: [path], format, naming };
  return {
    path,
    config,
    ...sizes,
    isBuilt: true,
    components: (scaleFactor) =>
      exportsOf({ config, weights }, scaleFactor).map((component) => ({ ...component, root: path })),
  };
}

/**
 * Opens an AutoencoderTiny's file in diffusers' layout.
 *
 * @throws ModelLoadError `UNSUPPORTED` for one half of it under its author's keys, which are numbers only
 */
async function openTinyVaeFile(path: string, format: WeightFormat): Promise<ReplacementVae> {
  const checkpoint = new Checkpoint(path);
  if (!checkpoint.hasPrefix('encoder.') || !checkpoint.hasPrefix('decoder.')) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${path} holds one half of an AutoencoderTiny; supported is its file in diffusers' layout, with both halves ` +
        '(encoder.layers.* and decoder.layers.*)',
    );
  }
  const config = (await configBeside(path)) ?? { path, raw: { _class_name: 'AutoencoderTiny' } };
  const weights = { config, weights: { files: [path], format } };
  return {
    path,
    config,
    ...vaeSizes(config),
    isBuilt: true,
    components: (scaleFactor) =>
      exportsOf(weights, scaleFactor).map((component) => ({ ...component, root: path })),
  };
}

/** @throws ModelLoadError `UNSUPPORTED` */
function keysOf(checkpoint: Checkpoint): VaeKeys {
  for (const prefix of KEY_PREFIXES) {
    for (const resnet of [ORIGINAL_VAE_KEYS.resnet, DIFFUSERS_RESNET]) {
      if (checkpoint.has(`${prefix}${resnet(0, 0)}.conv1.weight`)) return { prefix, resnet };
    }
  }
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${checkpoint.path} holds no AutoencoderKL (${KEY_PREFIXES.map((prefix) => `${prefix}encoder.*`).join(' or ')})`,
  );
}

function inferConfig(checkpoint: Checkpoint, keys: VaeKeys): Record<string, unknown> {
  const config = vaeConfigOf(checkpoint, SAMPLE_SIZE, keys);
  const hasQuantConv = checkpoint.has(`${keys.prefix}quant_conv.weight`);
  const hasPostQuantConv = checkpoint.has(`${keys.prefix}post_quant_conv.weight`);
  return {
    ...config,
    ...(isXl(checkpoint) ? XL_VAE : {}),
    ...(hasQuantConv ? {} : { use_quant_conv: false }),
    ...(hasPostQuantConv ? {} : { use_post_quant_conv: false }),
  };
}

async function configBeside(path: string): Promise<NetworkConfig | undefined> {
  const beside = join(dirname(path), 'config.json');
  if (!(await fileExists(beside))) return undefined;
  const config = await readNetworkConfig(beside);
  return String(config.raw._class_name).startsWith('Autoencoder') ? config : undefined;
}
