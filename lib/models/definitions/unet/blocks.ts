import type { GraphOutput } from '../../../runtime/index.js';
import type { WeightScope } from '../../weights/weight-scope.js';
import { downsample2d, resnetBlock2d, upsample2d, type ResnetOptions } from '../resnet-block.js';
import { concat } from '../tensors.js';
import { transformer2d, type TransformerOptions } from '../transformer-2d.js';
import type { UNetConfig, UNetLevel } from './config.js';

/** What every block takes besides its state. */
export interface Conditions {
  /** [batch, …], the embedded timestep with all that was added to it. */
  readonly time: GraphOutput;
  /** [batch, tokens, crossAttentionDim] */
  readonly text: GraphOutput;
}

/**
 * diffusers' DownBlock2D and CrossAttnDownBlock2D.
 *
 * @returns the state after every layer and after the downsampler, the last being the block's output
 */
export function downBlock(
  w: WeightScope,
  x: GraphOutput,
  conditions: Conditions,
  config: UNetConfig,
  index: number,
): GraphOutput[] {
  const level = levelAt(config, index);
  const attends = config.down_block_types[index] === 'CrossAttnDownBlock2D';
  const states: GraphOutput[] = [];
  let state = x;
  for (const [layer, depth] of level.downTransformers.entries()) {
    state = blockLayer(w, state, conditions, config, { level, layer, depth: attends ? depth : undefined });
    states.push(state);
  }
  if (index < config.levels.length - 1) {
    states.push(downsample2d(w.at('downsamplers', 0), state, config.downsample_padding));
  }
  return states;
}

/** diffusers' UNetMidBlock2DCrossAttn. */
export function midBlock(
  w: WeightScope,
  x: GraphOutput,
  { time, text }: Conditions,
  config: UNetConfig,
): GraphOutput {
  const level = levelAt(config, config.levels.length - 1);
  const options = { ...resnetOptions(config), scaleFactor: config.mid_block_scale_factor };
  const [depth = 0] = level.downTransformers.length > 0 ? level.downTransformers : level.upTransformers;
  let state = resnetBlock2d(w.at('resnets', 0), x, time, level.channels, options);
  state = transformer2d(w.at('attentions', 0), state, text, transformerOptions(config, level, depth));
  return resnetBlock2d(w.at('resnets', 1), state, time, level.channels, options);
}

/**
 * diffusers' UpBlock2D and CrossAttnUpBlock2D.
 *
 * @param skips - states from the way down, one for each layer, in the order the layers take them
 * @param next - the state that the next block takes first, whose size the output is upsampled to; undefined for the
 * last block
 */
export function upBlock(
  w: WeightScope,
  x: GraphOutput,
  skips: readonly GraphOutput[],
  next: GraphOutput | undefined,
  conditions: Conditions,
  config: UNetConfig,
  index: number,
): GraphOutput {
  const level = levelAt(config, config.levels.length - 1 - index);
  const attends = config.up_block_types[index] === 'CrossAttnUpBlock2D';
  let state = x;
  for (const [layer, depth] of level.upTransformers.entries()) {
    const joined = concat(1, state, skips[layer] ?? state);
    state = blockLayer(w, joined, conditions, config, { level, layer, depth: attends ? depth : undefined });
  }
  // To the size of the next skip, which is not twice as large where halving an odd size rounded up.
  return next ? upsample2d(w.at('upsamplers', 0), state, next) : state;
}

/** How many skips an up block takes. */
export function skipCount(config: UNetConfig, index: number): number {
  return levelAt(config, config.levels.length - 1 - index).upTransformers.length;
}

/** A resnet and, in blocks that attend, a transformer of `depth` blocks. */
function blockLayer(
  w: WeightScope,
  x: GraphOutput,
  { time, text }: Conditions,
  config: UNetConfig,
  { level, layer, depth }: { level: UNetLevel; layer: number; depth: number | undefined },
): GraphOutput {
  const state = resnetBlock2d(w.at('resnets', layer), x, time, level.channels, resnetOptions(config));
  if (depth === undefined) return state;
  return transformer2d(w.at('attentions', layer), state, text, transformerOptions(config, level, depth));
}

function levelAt(config: UNetConfig, index: number): UNetLevel {
  const level = config.levels[index];
  if (level === undefined) throw new RangeError(`The UNet has no level ${index}`);
  return level;
}

function resnetOptions(config: UNetConfig): ResnetOptions {
  return {
    activation: config.act_fn,
    groups: config.norm_num_groups,
    epsilon: config.norm_eps,
    scaleFactor: config.resnet_out_scale_factor,
  };
}

function transformerOptions(config: UNetConfig, level: UNetLevel, layers: number): TransformerOptions {
  return {
    layers,
    heads: level.heads,
    groups: config.norm_num_groups,
    crossAttentionDim: level.crossAttentionDim,
    linearProjection: config.use_linear_projection,
  };
}
