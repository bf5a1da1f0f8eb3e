import { z } from 'zod';

import { checkConfig } from '../common/config-file.js';
import type { NetworkSource } from '../models/index.js';

const schema = z.looseObject({
  block_out_channels: z.array(z.int()).min(1).max(16).nullish(),
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
  /** Channels of each level, that of the pixels first; empty where the configuration does not say. */
  readonly levels: readonly number[];
}

/** Of Stable Diffusion, where a configuration does not say. */
const DEFAULTS = { levels: 4, scalingFactor: 0.18215, latentChannels: 4 };

/** @throws ModelLoadError `CONFIG_INVALID` */
export function readVaeConfig({ path, config }: NetworkSource): VaeConfig {
  const raw = checkConfig(path, config, schema);
  return {
    vaeScaleFactor: 2 ** ((raw.block_out_channels?.length ?? DEFAULTS.levels) - 1),
    scalingFactor: raw.scaling_factor ?? DEFAULTS.scalingFactor,
    shiftFactor: raw.shift_factor ?? 0,
    latentChannels: raw.latent_channels ?? DEFAULTS.latentChannels,
    levels: raw.block_out_channels ?? [],
  };
}
