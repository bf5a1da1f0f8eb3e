import { z } from 'zod';

import { graph, type GraphOutput, type Model } from '../../runtime/index.js';
import type { WeightScope } from '../weights/weight-scope.js';
import { ACTIVATIONS, activation, conv2d, upsampledConv2d, type Activation } from './layers.js';
import { layerCount, width, type SupportedValues } from './network-config.js';
import { add, multiply, scalar } from './tensors.js';

export const TINY_VAE_SUPPORTED: SupportedValues = {
  _class_name: ['AutoencoderTiny'],
  upsample_fn: ['nearest'],
  upsampling_scaling_factor: [2],
};

const channels = z.array(width).min(1).max(16).default([64, 64, 64, 64]);
const blocks = (counts: number[]) => z.array(layerCount).min(1).max(16).default(counts);

/** The configuration of diffusers' AutoencoderTiny. */
export const autoencoderTinyConfigSchema = z
  .looseObject({
    in_channels: width.default(3),
    out_channels: width.default(3),
    encoder_block_out_channels: channels,
    decoder_block_out_channels: channels,
    act_fn: z.enum(ACTIVATIONS).default('relu'),
    latent_channels: width.default(4),
    num_encoder_blocks: blocks([1, 3, 3, 3]),
    num_decoder_blocks: blocks([3, 3, 3, 1]),
  })
  .refine((config) => config.num_encoder_blocks.length === config.encoder_block_out_channels.length, {
    path: ['num_encoder_blocks'],
    error: 'Expected as many as encoder_block_out_channels',
  })
  .refine((config) => config.num_decoder_blocks.length === config.decoder_block_out_channels.length, {
    path: ['num_decoder_blocks'],
    error: 'Expected as many as decoder_block_out_channels',
  });

export type AutoencoderTinyConfig = z.output<typeof autoencoderTinyConfigSchema>;

/**
 * Encoder of AutoencoderTiny, TAESD and its kin: `sample` [batch, in_channels, height, width], −1 to 1, to
 * `latent_sample` [batch, latent_channels, height / f, width / f], scaled as schedulers take latents.
 *
 * @see https://github.com/madebyollin/taesd
 */
export function autoencoderTinyEncoder(w: WeightScope, config: AutoencoderTinyConfig): Model {
  const sample = graph.parameter('f32', [-1, config.in_channels, -1, -1], 'sample');
  const layers = layersOf(w.at('encoder'));
  let state = multiply(add(sample, scalar(1)), scalar(0.5));
  for (const [level, count] of config.num_encoder_blocks.entries()) {
    const size = config.encoder_block_out_channels[level] ?? 0;
    state = conv2d(layers.next(), state, size, level === 0 ? {} : { stride: 2, bias: false });
    for (let block = 0; block < count; block++) state = tinyBlock(layers.next(), state, size, config.act_fn);
  }
  const output = conv2d(layers.next(), state, config.latent_channels);
  return graph.model([sample], [{ output, names: ['latent_sample'] }], 'AutoencoderTinyEncoder');
}

/** AutoencoderTiny's decoder: `latent_sample` [batch, latent_channels, h, w] to `sample` [batch, out_channels, h · f, w · f]. */
export function autoencoderTinyDecoder(w: WeightScope, config: AutoencoderTinyConfig): Model {
  const latents = graph.parameter('f32', [-1, config.latent_channels, -1, -1], 'latent_sample');
  const layers = layersOf(w.at('decoder'));
  // Latents beyond ±3 are clamped, smoothly.
  const clamped = multiply(graph.node('Tanh', [multiply(latents, scalar(1 / 3))]), scalar(3));
  let state = conv2d(layers.next(), clamped, config.decoder_block_out_channels[0] ?? 0);
  state = activation(config.act_fn, state);
  layers.skip();
  for (const [level, count] of config.num_decoder_blocks.entries()) {
    const size = config.decoder_block_out_channels[level] ?? 0;
    const isLast = level === config.num_decoder_blocks.length - 1;
    for (let block = 0; block < count; block++) state = tinyBlock(layers.next(), state, size, config.act_fn);
    if (!isLast) layers.skip();
    state = isLast
      ? conv2d(layers.next(), state, config.out_channels)
      : upsampledConv2d(layers.next(), state, size, { bias: false });
  }
  const output = add(multiply(state, scalar(2)), scalar(-1));
  return graph.model([latents], [{ output, names: ['sample'] }], 'AutoencoderTinyDecoder');
}

/** The layers of a torch.nn.Sequential, numbered through; those without weights are skipped. */
function layersOf(w: WeightScope): { next(): WeightScope; skip(): void } {
  let index = 0;
  return {
    next: () => w.at('layers', index++),
    skip: () => {
      index++;
    },
  };
}

/** diffusers' AutoencoderTinyBlock: three convolutions around a shortcut, and ReLU whatever act_fn says. */
function tinyBlock(w: WeightScope, x: GraphOutput, size: number, name: Activation): GraphOutput {
  let state = conv2d(w.at('conv', 0), x, size);
  state = conv2d(w.at('conv', 2), activation(name, state), size);
  state = conv2d(w.at('conv', 4), activation(name, state), size);
  const shortcut = w.has('skip.weight') ? conv2d(w.at('skip'), x, size, { kernel: 1, bias: false }) : x;
  return activation('relu', add(state, shortcut));
}
