import type { GraphOutput } from '../../../runtime/index.js';
import { downsample2d, resnetBlock2d, upsample2d, type ResnetOptions } from '../resnet-block.js';
import { concat } from '../tensors.js';
import { transformer2d, type TransformerOptions } from '../transformer-2d.js';
import type { UNetConfig, UNetLevel } from './config.js';
import type { Weights } from '../../weights/weight-store.js';

/** What every block is told besides the picture. */
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
  w: Weights,
  x: GraphOutput,
  { time, text }: Conditions,
  config: UNetConfig,
  index: number,
): GraphOutput[] {
  const level = levelAt(config, index);
  const attends = config.down_block_types[index] === 'CrossAttnDownBlock2D';
  const states: GraphOutput[] = [];
  let state = x;
  for (const [layer, layers] of level.downTransformers.entries()) {
    state = resnetBlock2d(w.at('resnets', layer), state, time, level.channels, resnetOptions(config));
    if (attends) {
      state = transformer2d(
        w.at('attentions', layer),
        state,
        text,
        transformerOptions(config, level, layers),
      );
    }
    states.push(state);
  }
  if (index < config.levels.length - 1) {
    states.push(downsample2d(w.at('downsamplers', 0), state, config.downsample_padding));
  }
  return states;
}

/** diffusers' UNetMidBlock2DCrossAttn. */
export function midBlock(
  w: Weights,
  x: GraphOutput,
  { time, text }: Conditions,
  config: UNetConfig,
): GraphOutput {
  const level = levelAt(config, config.levels.length - 1);
  const options = { ...resnetOptions(config), scaleFactor: config.mid_block_scale_factor };
  const [layers = 0] = level.downTransformers.length > 0 ? level.downTransformers : level.upTransformers;
  let state = resnetBlock2d(w.at('resnets', 0), x, time, level.channels, options);
  state = transformer2d(w.at('attentions', 0), state, text, transformerOptions(config, level, layers));
  return resnetBlock2d(w.at('resnets', 1), state, time, level.channels, options);
}

/**
 * diffusers' UpBlock2D and CrossAttnUpBlock2D.
 *
 * @param skips - states from the way down, the latest last; the block takes its own off the end
 */
export function upBlock(
  w: Weights,
  x: GraphOutput,
  skips: GraphOutput[],
  { time, text }: Conditions,
  config: UNetConfig,
  index: number,
): GraphOutput {
  const level = levelAt(config, config.levels.length - 1 - index);
  const attends = config.up_block_types[index] === 'CrossAttnUpBlock2D';
  let state = x;
  for (const [layer, layers] of level.upTransformers.entries()) {
    state = concat(1, state, skips.pop() ?? state);
    state = resnetBlock2d(w.at('resnets', layer), state, time, level.channels, resnetOptions(config));
    if (attends) {
      state = transformer2d(
        w.at('attentions', layer),
        state,
        text,
        transformerOptions(config, level, layers),
      );
    }
  }
  // To the size of the states that come next, which is not twice as large where halving an odd size rounded up.
  return index < config.levels.length - 1 ? upsample2d(w.at('upsamplers', 0), state, skips.at(-1)) : state;
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
