import { z } from 'zod';

import { checkConfig } from '../common/config-file.js';
import type { NetworkSource } from '../models/index.js';

const levels = z.array(z.int()).min(1).max(16).nullish();

const schema = z.looseObject({
  _class_name: z.string().nullish(),
  block_out_channels: levels,
  decoder_block_out_channels: levels,
  scaling_factor: z.number().positive().nullish(),
  shift_factor: z.number().nullish(),
  latent_channels: z.int().positive().max(1024).nullish(),
});

/** What a VAE's config.json says of its latents. */
export interface VaeConfig {
  /** Pixels a latent, in each direction; 8 for SD. */
  readonly vaeScaleFactor: number;
  /** What latents are multiplied by after encoding and divided by before decoding; 0.18215 for SD. */
  readonly scalingFactor: number;
  /** What is subtracted from latents before they are scaled; 0 for SD. */
  readonly shiftFactor: number;
  readonly latentChannels: number;
  /** Whether it is an AutoencoderTiny. */
  readonly isTiny: boolean;
  /** Channels of each level, that of the pixels first; empty where the configuration does not say. */
  readonly levels: readonly number[];
}

/** Of Stable Diffusion, where a configuration does not say; AutoencoderTiny's latents are scaled as they are. */
const DEFAULTS = { levels: 4, scalingFactor: 0.18215, latentChannels: 4 };
const TINY_SCALING_FACTOR = 1;

/** @throws ModelLoadError `CONFIG_INVALID` */
export function readVaeConfig({ path, config }: NetworkSource): VaeConfig {
  const raw = checkConfig(path, config, schema);
  const isTiny = raw._class_name === 'AutoencoderTiny';
  const levels = raw.block_out_channels ?? raw.decoder_block_out_channels ?? undefined;
  return {
    vaeScaleFactor: 2 ** ((levels?.length ?? DEFAULTS.levels) - 1),
    scalingFactor: raw.scaling_factor ?? (isTiny ? TINY_SCALING_FACTOR : DEFAULTS.scalingFactor),
    shiftFactor: raw.shift_factor ?? 0,
    latentChannels: raw.latent_channels ?? DEFAULTS.latentChannels,
    isTiny,
    levels: levels ?? [],
  };
}
