import { graph, type GraphOutput } from '../../runtime/index.js';
import { activation, linear, type Activation } from './layers.js';
import { add, concat, multiply, sizeOf, unsqueeze } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

export interface TimestepsOptions {
  /** Whether cosines come before sines. */
  flipSinToCos: boolean;
  freqShift: number;
}

/**
 * diffusers' Timesteps: sines and cosines of x at frequencies from 1 down to about 1 / 10000.
 *
 * @param x - f32, any shape
 * @returns x's shape with a last axis of `channels` more
 */
export function timesteps(x: GraphOutput, channels: number, options: TimestepsOptions): GraphOutput {
  const half = Math.floor(channels / 2);
  // In single precision throughout, as torch computes them: at timestep 999 the difference would show.
  const step = Math.fround(-Math.log(10000));
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(step * i) / Math.fround(half - options.freqShift))),
  );
  const rank = x.shape?.length ?? 0;
  const row = graph.constant('f32', [...Array<number>(rank).fill(1), half], frequencies);
  const angles = multiply(unsqueeze(x, rank), row);
  const sine = graph.node('Sin', [angles]);
  const cosine = graph.node('Cos', [angles]);
  return options.flipSinToCos ? concat(rank, cosine, sine) : concat(rank, sine, cosine);
}

export interface TimestepEmbeddingOptions {
  activation?: Activation;
  postActivation?: Activation | null | undefined;
  /** [batch, …], added to x through a projection; LCM's guidance embedding. */
  condition?: GraphOutput | undefined;
}

/** diffusers' TimestepEmbedding: x [batch, in] to [batch, channels]. */
export function timestepEmbedding(
  w: WeightScope,
  x: GraphOutput,
  channels: number,
  options: TimestepEmbeddingOptions = {},
): GraphOutput {
  const { condition, postActivation } = options;
  const conditioned = condition
    ? add(x, linear(w.at('cond_proj'), condition, sizeOf(x, -1), { bias: false }))
    : x;
  const inner = activation(options.activation ?? 'silu', linear(w.at('linear_1'), conditioned, channels));
  const embedded = linear(w.at('linear_2'), inner, channels);
  return postActivation ? activation(postActivation, embedded) : embedded;
}
