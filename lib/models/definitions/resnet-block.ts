import { graph, type GraphOutput } from '../../runtime/index.js';
import { groupNorm, type GroupNorm } from './group-norm.js';
import { activation, conv2d, linear, upsampledConv2d, type Activation } from './layers.js';
import { add, sizeOf, unsqueeze, resizeNearest2d } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

export interface ResnetOptions {
  activation: Activation;
  groups: number;
  epsilon: number;
  /** What the sum of the two ways is divided by. Default: 1. */
  scaleFactor?: number;
  /** Default: OpenVINO's operation. */
  norm?: GroupNorm;
}

/**
 * diffusers' ResnetBlock2D: x [batch, in, height, width] to [batch, channels, height, width].
 *
 * @param time - [batch, …], the embedded timestep; the VAE's blocks have none
 */
export function resnetBlock2d(
  w: WeightScope,
  x: GraphOutput,
  time: GraphOutput | undefined,
  channels: number,
  options: ResnetOptions,
): GraphOutput {
  const { activation: act, groups, epsilon, scaleFactor = 1, norm = groupNorm } = options;
  let state = activation(act, norm(w.at('norm1'), x, groups, epsilon));
  state = conv2d(w.at('conv1'), state, channels);
  if (time)
    state = add(state, unsqueeze(linear(w.at('time_emb_proj'), activation(act, time), channels), 2, 3));
  state = activation(act, norm(w.at('norm2'), state, groups, epsilon));
  state = conv2d(w.at('conv2'), state, channels);

  const shortcut = sizeOf(x, 1) === channels ? x : conv2d(w.at('conv_shortcut'), x, channels, { kernel: 1 });
  const sum = add(shortcut, state);
  if (scaleFactor === 1) return sum;
  return graph.node('Divide', [sum, graph.constant('f32', [], Float32Array.of(scaleFactor))]);
}

/** diffusers' Downsample2D, half as high and wide; without padding it pads at the bottom and the right only. */
export function downsample2d(w: WeightScope, x: GraphOutput, padding: number): GraphOutput {
  return conv2d(w.at('conv'), x, sizeOf(x, 1), { stride: 2, padding: padding === 0 ? [0, 1] : padding });
}

/** diffusers' Upsample2D, twice as high and wide, or as `like`. */
export function upsample2d(w: WeightScope, x: GraphOutput, like?: GraphOutput): GraphOutput {
  const conv = w.at('conv');
  const channels = sizeOf(x, 1);
  return like ? conv2d(conv, resizeNearest2d(x, like), channels) : upsampledConv2d(conv, x, channels);
}
