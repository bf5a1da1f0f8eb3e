import { z } from 'zod';

import { ACTIVATIONS } from '../layers.js';
import { layerCount, width, type SupportedValues } from '../network-config.js';

const downBlockType = z.enum(['DownBlock2D', 'CrossAttnDownBlock2D']);
const upBlockType = z.enum(['UpBlock2D', 'CrossAttnUpBlock2D']);

/** One number for every block, or a list with one each. */
const perBlock = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);

/** What only some values of are implemented; the rest of UNet2DConditionModel's fields is in the schema. */
export const UNET_SUPPORTED: SupportedValues = {
  _class_name: ['UNet2DConditionModel'],
  mid_block_type: ['UNetMidBlock2DCrossAttn', null],
  only_cross_attention: [false],
  mid_block_only_cross_attention: [null, false],
  dual_cross_attention: [false],
  attention_type: ['default'],
  cross_attention_norm: [null],
  num_attention_heads: [null],
  resnet_time_scale_shift: ['default'],
  resnet_skip_time_act: [false],
  time_embedding_type: ['positional'],
  class_embed_type: [null],
  num_class_embeds: [null],
  class_embeddings_concat: [false],
  addition_embed_type: [null, 'text_time'],
  encoder_hid_dim: [null],
  encoder_hid_dim_type: [null],
};

const fields = z.looseObject({
  in_channels: width.default(4),
  out_channels: width.default(4),
  center_input_sample: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  down_block_types: z
    .array(downBlockType)
    .min(1)
    .max(16)
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  mid_block_type: z.string().nullable().default('UNetMidBlock2DCrossAttn'),
  up_block_types: z
    .array(upBlockType)
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  block_out_channels: z.array(width).default([320, 640, 1280, 1280]),
  layers_per_block: perBlock(layerCount).default(2),
  downsample_padding: z.int().min(0).max(1).default(1),
  mid_block_scale_factor: z.number().positive().default(1),
  resnet_out_scale_factor: z.number().positive().default(1),
  act_fn: z.enum(ACTIVATIONS).default('silu'),
  norm_num_groups: width.default(32),
  norm_eps: z.number().positive().default(1e-5),
  cross_attention_dim: perBlock(width).default(1280),
  transformer_layers_per_block: perBlock(perBlock(layerCount)).default(1),
  reverse_transformer_layers_per_block: z.array(perBlock(layerCount)).nullish(),
  attention_head_dim: perBlock(width).default(8),
  only_cross_attention: perBlock(z.boolean()).default(false),
  use_linear_projection: z.boolean().default(false),
  addition_embed_type: z.string().nullish(),
  addition_time_embed_dim: width.nullish(),
  projection_class_embeddings_input_dim: width.nullish(),
  time_embedding_dim: width.nullish(),
  time_embedding_act_fn: z.enum(ACTIVATIONS).nullish(),
  timestep_post_act: z.enum(ACTIVATIONS).nullish(),
  time_cond_proj_dim: width.nullish(),
  conv_in_kernel: z.int().min(1).max(15).default(3),
  conv_out_kernel: z.int().min(1).max(15).default(3),
});

/** What one level of the UNet is made of, of its way down as of its way up. */
export interface UNetLevel {
  readonly channels: number;
  readonly layers: number;
  readonly heads: number;
  readonly crossAttentionDim: number;
  /** Transformer layers after each resnet on the way down. */
  readonly downTransformers: readonly number[];
  /** Likewise on the way up, which has one resnet more. */
  readonly upTransformers: readonly number[];
}

/** The configuration of diffusers' UNet2DConditionModel, its per-block fields gathered by level. */
export const unetConfigSchema = fields.transform((config, context) => {
  const count = config.down_block_types.length;
  const lists = Object.entries({
    up_block_types: config.up_block_types,
    block_out_channels: config.block_out_channels,
    layers_per_block: config.layers_per_block,
    cross_attention_dim: config.cross_attention_dim,
    transformer_layers_per_block: config.transformer_layers_per_block,
    reverse_transformer_layers_per_block: config.reverse_transformer_layers_per_block,
    attention_head_dim: config.attention_head_dim,
    only_cross_attention: config.only_cross_attention,
  });
  for (const [name, list] of lists) {
    if (!Array.isArray(list) || list.length === count) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `Expected ${count} items, one for each down block`,
    });
  }
  if (config.addition_embed_type === 'text_time') {
    for (const name of ['addition_time_embed_dim', 'projection_class_embeddings_input_dim'] as const) {
      if (config[name] != null) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `Expected a number with text_time embeddings`,
      });
    }
  }
  return { ...config, levels: config.block_out_channels.map((_, level) => levelOf(config, level)) };
});

export type UNetConfig = z.output<typeof unetConfigSchema>;

function levelOf(config: z.output<typeof fields>, level: number): UNetLevel {
  const layers = ofBlock(config.layers_per_block, level);
  const down = ofBlock(config.transformer_layers_per_block, level);
  const fromBelow = config.block_out_channels.length - 1 - level;
  const up = config.reverse_transformer_layers_per_block?.[fromBelow] ?? down;
  return {
    channels: ofBlock(config.block_out_channels, level),
    layers,
    heads: ofBlock(config.attention_head_dim, level),
    crossAttentionDim: ofBlock(config.cross_attention_dim, level),
    downTransformers: Array.from({ length: layers }, (_, layer) => ofBlock(down, layer)),
    upTransformers: Array.from({ length: layers + 1 }, (_, layer) => ofBlock(up, layer)),
  };
}

/** A block's own value, or the one for all. Lists that are too short have been refused already. */
function ofBlock<T>(value: T | readonly T[], index: number): T {
  return (Array.isArray(value) ? (value as readonly T[])[index] : value) as T;
}
