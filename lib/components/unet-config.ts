import { z } from 'zod';

import { checkConfig } from '../common/config-file.js';
import { correctUNetConfig, type NetworkSource } from '../models/index.js';

const MAX_SIDE = 4096;
const side = z.int().min(1).max(MAX_SIDE);

/** What running a UNet needs of its config.json, whatever network it describes. */
const schema = z.looseObject({
  in_channels: z.int().positive().nullish(),
  out_channels: z.int().positive().nullish(),
  // A list has one for each level; all are the width of the text encoder's states.
  cross_attention_dim: z.union([z.int().positive(), z.array(z.int().positive()).min(1)]).nullish(),
  time_cond_proj_dim: z.int().positive().nullish(),
  block_out_channels: z.array(z.int().positive()).max(16).nullish(),
  sample_size: z.union([side, z.tuple([side, side])]).nullish(),
});

/** The size of an image's latents: height and width in latents, not pixels. */
export interface LatentSize {
  readonly height: number;
  readonly width: number;
}

export interface UNetConfig {
  readonly inChannels: number | undefined;
  readonly outChannels: number | undefined;
  readonly crossAttentionDim: number | undefined;
  /** Width of the embedded guidance scale that it takes, where it takes one. */
  readonly timeCondProjDim: number | undefined;
  /** Channels of each level, the largest first; empty where the configuration does not say. */
  readonly levels: readonly number[];
  /** The size it was trained on, the default of images; diffusers' `sample_size`. */
  readonly sampleSize: LatentSize;
}

/** Of Stable Diffusion, where a configuration does not say. */
const DEFAULT_SAMPLE_SIZE = 64;

/** @throws ModelLoadError `CONFIG_INVALID` */
export function readUNetConfig({ path, config }: NetworkSource): UNetConfig {
  const raw = checkConfig(path, correctUNetConfig(config), schema);
  const width = raw.cross_attention_dim;
  return {
    inChannels: raw.in_channels ?? undefined,
    outChannels: raw.out_channels ?? undefined,
    crossAttentionDim: (Array.isArray(width) ? width[0] : width) ?? undefined,
    timeCondProjDim: raw.time_cond_proj_dim ?? undefined,
    levels: raw.block_out_channels ?? [],
    sampleSize: sampleSizeOf(raw),
  };
}

function sampleSizeOf(raw: z.output<typeof schema>): LatentSize {
  const size = raw.sample_size ?? DEFAULT_SAMPLE_SIZE;
  if (typeof size !== 'number') return { height: size[0], width: size[1] };
  return { height: size, width: size };
}
