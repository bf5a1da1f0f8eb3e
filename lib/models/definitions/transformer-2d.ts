import type { GraphOutput } from '../../runtime/index.js';
import { groupNorm } from './group-norm.js';
import { activation, attention, conv2d, layerNorm, linear } from './layers.js';
import { add, chunk, multiply, sizeOf, toImage, toTokens } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

export interface TransformerOptions {
  layers: number;
  heads: number;
  groups: number;
  /** Width that `text` must have. */
  crossAttentionDim: number;
  /** Whether pixels become tokens before the projection, which then is a linear layer, or after it. */
  linearProjection: boolean;
}

/** Fixed in diffusers' classes, whatever the UNet's configuration says. */
const GROUP_NORM_EPSILON = 1e-6;
const LAYER_NORM_EPSILON = 1e-5;

/**
 * diffusers' Transformer2DModel: every pixel attends to all others and to the text.
 *
 * @param x - [batch, channels, height, width]
 * @param text - [batch, tokens, crossAttentionDim]
 */
export function transformer2d(
  w: WeightScope,
  x: GraphOutput,
  text: GraphOutput,
  options: TransformerOptions,
): GraphOutput {
  const channels = sizeOf(x, 1);
  const normal = groupNorm(w.at('norm'), x, options.groups, GROUP_NORM_EPSILON);
  let tokens = options.linearProjection
    ? linear(w.at('proj_in'), toTokens(normal), channels)
    : toTokens(conv2d(w.at('proj_in'), normal, channels, { kernel: 1 }));
  for (let layer = 0; layer < options.layers; layer++) {
    tokens = basicTransformerBlock(w.at('transformer_blocks', layer), tokens, text, options.heads);
  }
  const image = options.linearProjection
    ? toImage(linear(w.at('proj_out'), tokens, channels), x)
    : conv2d(w.at('proj_out'), toImage(tokens, x), channels, { kernel: 1 });
  return add(image, x);
}

/** diffusers' BasicTransformerBlock: attention among tokens, attention to the text, then each token by itself. */
function basicTransformerBlock(
  w: WeightScope,
  tokens: GraphOutput,
  text: GraphOutput,
  heads: number,
): GraphOutput {
  const norm = (name: string, x: GraphOutput): GraphOutput => layerNorm(w.at(name), x, LAYER_NORM_EPSILON);
  const normal = norm('norm1', tokens);
  let state = add(crossAttention(w.at('attn1'), normal, normal, heads), tokens);
  state = add(crossAttention(w.at('attn2'), norm('norm2', state), text, heads), state);
  return add(feedForward(w.at('ff'), norm('norm3', state)), state);
}

function crossAttention(
  w: WeightScope,
  tokens: GraphOutput,
  context: GraphOutput,
  heads: number,
): GraphOutput {
  const width = sizeOf(tokens, -1);
  const query = linear(w.at('to_q'), tokens, width, { bias: false });
  const key = linear(w.at('to_k'), context, width, { bias: false });
  const value = linear(w.at('to_v'), context, width, { bias: false });
  return linear(w.at('to_out', 0), attention(query, key, value, heads), width);
}

/** diffusers' FeedForward with GEGLU: half of the inner layer decides how much of the other half passes. */
function feedForward(w: WeightScope, tokens: GraphOutput): GraphOutput {
  const width = sizeOf(tokens, -1);
  const [value, gate] = chunk(linear(w.at('net', 0, 'proj'), tokens, width * 8), 2, -1) as [
    GraphOutput,
    GraphOutput,
  ];
  return linear(w.at('net', 2), multiply(value, activation('gelu', gate)), width);
}
