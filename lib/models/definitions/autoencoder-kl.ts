import { z } from 'zod';

import { graph, type GraphOutput, type Model } from '../../runtime/index.js';
import { groupNormFromMeans } from './group-norm.js';
import { ACTIVATIONS, activation, attention, conv2d, linear } from './layers.js';
import { layerCount, width, type SupportedValues } from './network-config.js';
import { downsample2d, resnetBlock2d, upsample2d, type ResnetOptions } from './resnet-block.js';
import { add, toImage, toTokens } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

export const VAE_SUPPORTED: SupportedValues = { _class_name: ['AutoencoderKL'] };

/** The configuration of diffusers' AutoencoderKL. */
export const autoencoderKlConfigSchema = z
  .looseObject({
    in_channels: width.default(3),
    out_channels: width.default(3),
    down_block_types: z.array(z.literal('DownEncoderBlock2D')).default(['DownEncoderBlock2D']),
    up_block_types: z.array(z.literal('UpDecoderBlock2D')).default(['UpDecoderBlock2D']),
    block_out_channels: z.array(width).min(1).max(16).default([64]),
    layers_per_block: layerCount.default(1),
    act_fn: z.enum(ACTIVATIONS).default('silu'),
    latent_channels: width.default(4),
    norm_num_groups: width.default(32),
    force_upcast: z.boolean().default(true),
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
  })
  .refine((config) => config.down_block_types.length === config.block_out_channels.length, {
    path: ['down_block_types'],
    error: 'Expected as many as block_out_channels',
  })
  .refine((config) => config.up_block_types.length === config.block_out_channels.length, {
    path: ['up_block_types'],
    error: 'Expected as many as block_out_channels',
  });

export type AutoencoderKlConfig = z.output<typeof autoencoderKlConfigSchema>;

/** Values saved with the model that devices computing in f16 heed, so that activations stay in range. */
export type RuntimeInfo = readonly (readonly string[])[];

/** Fixed in diffusers' classes. */
const EPSILON = 1e-6;

/** Whether a key of the file belongs to the decoder; all others are the encoder's. */
export function isDecoderKey(key: string): boolean {
  return /^(decoder|post_quant_conv)\./.test(key);
}

/**
 * AutoencoderKL's encoder: `sample` [batch, in_channels, height, width] to `latent_parameters`, mean and log variance
 * of each latent: [batch, 2 · latent_channels, height / f, width / f].
 */
export function autoencoderKlEncoder(
  w: WeightScope,
  config: AutoencoderKlConfig,
  info: RuntimeInfo = [],
): Model {
  const sample = graph.parameter('f32', [-1, config.in_channels, -1, -1], 'sample');
  const moments = encoder(w.at('encoder'), sample, config);
  const output = config.use_quant_conv
    ? conv2d(w.at('quant_conv'), moments, 2 * config.latent_channels, { kernel: 1 })
    : moments;
  return graph.model([sample], [{ output, names: ['latent_parameters'] }], 'AutoencoderKLEncoder', info);
}

/** AutoencoderKL's decoder: `latent_sample` [batch, latent_channels, h, w] to `sample` [batch, out_channels, h · f, w · f]. */
export function autoencoderKlDecoder(
  w: WeightScope,
  config: AutoencoderKlConfig,
  info: RuntimeInfo = [],
): Model {
  const latents = graph.parameter('f32', [-1, config.latent_channels, -1, -1], 'latent_sample');
  const first = config.use_post_quant_conv
    ? conv2d(w.at('post_quant_conv'), latents, config.latent_channels, { kernel: 1 })
    : latents;
  const output = decoder(w.at('decoder'), first, config);
  return graph.model([latents], [{ output, names: ['sample'] }], 'AutoencoderKLDecoder', info);
}

function encoder(w: WeightScope, x: GraphOutput, config: AutoencoderKlConfig): GraphOutput {
  const channels = config.block_out_channels;
  let state = conv2d(w.at('conv_in'), x, channels[0] ?? 0);
  for (const [index, size] of channels.entries()) {
    const block = w.at('down_blocks', index);
    state = resnets(block, state, size, config.layers_per_block, config);
    if (index < channels.length - 1) state = downsample2d(block.at('downsamplers', 0), state, 0);
  }
  state = midBlock(w.at('mid_block'), state, config);
  return output(w, state, 2 * config.latent_channels, config);
}

function decoder(w: WeightScope, x: GraphOutput, config: AutoencoderKlConfig): GraphOutput {
  const channels = config.block_out_channels.toReversed();
  let state = conv2d(w.at('conv_in'), x, channels[0] ?? 0);
  state = midBlock(w.at('mid_block'), state, config);
  for (const [index, size] of channels.entries()) {
    const block = w.at('up_blocks', index);
    state = resnets(block, state, size, config.layers_per_block + 1, config);
    if (index < channels.length - 1) state = upsample2d(block.at('upsamplers', 0), state);
  }
  return output(w, state, config.out_channels, config);
}

function resnets(
  w: WeightScope,
  x: GraphOutput,
  channels: number,
  count: number,
  config: AutoencoderKlConfig,
): GraphOutput {
  let state = x;
  for (let layer = 0; layer < count; layer++) {
    state = resnetBlock2d(w.at('resnets', layer), state, undefined, channels, resnetOptions(config));
  }
  return state;
}

/** diffusers' UNetMidBlock2D. */
function midBlock(w: WeightScope, x: GraphOutput, config: AutoencoderKlConfig): GraphOutput {
  const channels = config.block_out_channels.at(-1) ?? 0;
  let state = resnetBlock2d(w.at('resnets', 0), x, undefined, channels, resnetOptions(config));
  if (config.mid_block_add_attention) state = attentionBlock(w.at('attentions', 0), state, channels, config);
  return resnetBlock2d(w.at('resnets', 1), state, undefined, channels, resnetOptions(config));
}

/** Attention of one head among all pixels, under the names diffusers gives its layers or those from before 0.18. */
function attentionBlock(
  w: WeightScope,
  x: GraphOutput,
  channels: number,
  config: AutoencoderKlConfig,
): GraphOutput {
  const names = w.has('query.weight')
    ? { query: 'query', key: 'key', value: 'value', out: 'proj_attn' }
    : { query: 'to_q', key: 'to_k', value: 'to_v', out: 'to_out.0' };
  const tokens = toTokens(groupNormFromMeans(w.at('group_norm'), x, config.norm_num_groups, EPSILON));
  const attended = attention(
    linear(w.at(names.query), tokens, channels),
    linear(w.at(names.key), tokens, channels),
    linear(w.at(names.value), tokens, channels),
    1,
  );
  return add(toImage(linear(w.at(names.out), attended, channels), x), x);
}

function output(w: WeightScope, x: GraphOutput, channels: number, config: AutoencoderKlConfig): GraphOutput {
  const normal = groupNormFromMeans(w.at('conv_norm_out'), x, config.norm_num_groups, EPSILON);
  // SiLU whatever act_fn says, as in diffusers.
  return conv2d(w.at('conv_out'), activation('silu', normal), channels);
}

function resnetOptions(config: AutoencoderKlConfig): ResnetOptions {
  return {
    activation: config.act_fn,
    groups: config.norm_num_groups,
    epsilon: EPSILON,
    norm: groupNormFromMeans,
  };
}
