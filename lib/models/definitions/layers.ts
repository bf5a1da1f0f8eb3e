import { ModelLoadError } from '../../common/errors.js';
import { graph, type GraphOutput } from '../../runtime/index.js';
import { add, integers, sizeOf, upsampleNearest2d } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

/**
 * PyTorch's layers as OpenVINO operations. Each takes the weights of its module's scope, and its input's width from
 * the input itself.
 *
 * @see https://pytorch.org/docs/stable/nn.html
 */

/** torch.nn.Linear: x [..., in] to [..., features]. */
export function linear(
  w: WeightScope,
  x: GraphOutput,
  features: number,
  options: { bias?: boolean } = {},
): GraphOutput {
  const weight = w.matrix('weight', [features, sizeOf(x, -1)]);
  const product = graph.node('MatMul', [w.activation(x), weight], { transpose_a: false, transpose_b: true });
  if (options.bias === false) return product;
  const rank = x.shape?.length ?? 1;
  return add(product, w.vector('bias', features, [...Array<number>(rank - 1).fill(1), features]));
}

export interface Conv2dOptions {
  /** Side of the kernel. Default: 3. */
  kernel?: number;
  /** Default: 1. */
  stride?: number;
  /** On every side, or [top and left, bottom and right]. Default: keeps the size at stride 1. */
  padding?: number | readonly [begin: number, end: number];
  bias?: boolean;
}

/** torch.nn.Conv2d: x [batch, in, height, width] to [batch, channels, …]. */
export function conv2d(
  w: WeightScope,
  x: GraphOutput,
  channels: number,
  options: Conv2dOptions = {},
): GraphOutput {
  const { kernel = 3, stride = 1, padding = (kernel - 1) >> 1, bias = true } = options;
  const [begin, end] = typeof padding === 'number' ? [padding, padding] : padding;
  const weight = w.convolution('weight', [channels, sizeOf(x, 1), kernel, kernel]);
  const convolved = graph.node('Convolution', [w.activation(x), weight], {
    strides: [stride, stride],
    dilations: [1, 1],
    pads_begin: [begin, begin],
    pads_end: [end, end],
    auto_pad: 'explicit',
  });
  return bias ? add(convolved, w.vector('bias', channels, [1, channels, 1, 1])) : convolved;
}

/**
 * Nearest upsampling to twice the height and width, then Conv2d with a 3x3 kernel: x [batch, in, height, width] to
 * [batch, channels, 2 · height, 2 · width].
 *
 * As a transposed convolution it does less than half the work: output pixels see 2 x 2 pixels of the input, of which
 * the upsampled image has copies.
 */
export function upsampledConv2d(
  w: WeightScope,
  x: GraphOutput,
  channels: number,
  { bias = true }: Pick<Conv2dOptions, 'bias'> = {},
): GraphOutput {
  const kernels = w.upsampler('weight', [channels, sizeOf(x, 1), 3, 3]);
  if (!kernels) return conv2d(w, upsampleNearest2d(x), channels, { bias });
  const convolved = graph.node('ConvolutionBackpropData', [w.activation(x), kernels], {
    strides: [2, 2],
    dilations: [1, 1],
    pads_begin: [1, 1],
    pads_end: [1, 1],
    output_padding: [0, 0],
    auto_pad: 'explicit',
  });
  return bias ? add(convolved, w.vector('bias', channels, [1, channels, 1, 1])) : convolved;
}

/** torch.nn.LayerNorm over the last axis. */
export function layerNorm(w: WeightScope, x: GraphOutput, epsilon: number): GraphOutput {
  const width = sizeOf(x, -1);
  const asShape = [...Array<number>((x.shape?.length ?? 1) - 1).fill(1), width];
  const normal = graph.node('MVN', [x, integers([-1])], {
    normalize_variance: true,
    eps: epsilon,
    eps_mode: 'inside_sqrt',
  });
  const scaled = graph.node('Multiply', [normal, w.vector('weight', width, asShape)]);
  return add(scaled, w.vector('bias', width, asShape));
}

/** torch.nn.Embedding: ids of any shape to [..., width]. */
export function embedding(w: WeightScope, ids: GraphOutput, rows: number, width: number): GraphOutput {
  return graph.node('Gather', [w.embedding('weight', [rows, width]), ids, integers([0], [])], {
    batch_dims: 0,
  });
}

/** Activation functions by the names configurations use. */
export const ACTIVATIONS = ['silu', 'swish', 'mish', 'gelu', 'quick_gelu', 'relu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export function activation(name: Activation, x: GraphOutput): GraphOutput {
  switch (name) {
    case 'silu':
    case 'swish':
      return graph.node('Swish', [x]);
    case 'quick_gelu':
      return graph.node('Swish', [x, graph.constant('f32', [], Float32Array.of(1.702))]);
    case 'gelu':
      return graph.node('Gelu', [x], { approximation_mode: 'ERF' });
    case 'mish':
      return graph.node('Mish', [x]);
    case 'relu':
      return graph.node('Relu', [x]);
  }
}

/**
 * Attention of many heads: softmax(q kᵀ / √d) v in each, d being a head's width.
 *
 * @param query - [batch, tokens, heads · d]
 * @param key - [batch, other tokens, heads · d]; `value` likewise
 * @param options.causal - each token sees itself and those before it
 * @returns [batch, tokens, heads · d]
 */
export function attention(
  query: GraphOutput,
  key: GraphOutput,
  value: GraphOutput,
  heads: number,
  options: { causal?: boolean } = {},
): GraphOutput {
  const width = sizeOf(query, -1);
  if (width % heads !== 0) {
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `Expected the number of attention heads to divide the width but ${heads} does not divide ${width}`,
    );
  }
  const byHead = (x: GraphOutput): GraphOutput => {
    const split = graph.node('Reshape', [x, integers([0, 0, heads, width / heads])], { special_zero: true });
    return graph.node('Transpose', [split, integers([0, 2, 1, 3])]);
  };
  const attended = graph.node('ScaledDotProductAttention', [byHead(query), byHead(key), byHead(value)], {
    causal: options.causal ?? false,
  });
  const merged = graph.node('Transpose', [attended, integers([0, 2, 1, 3])]);
  return graph.node('Reshape', [merged, integers([0, 0, width])], { special_zero: true });
}
