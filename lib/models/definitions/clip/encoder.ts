import { z } from 'zod';

import type { GraphOutput } from '../../../runtime/index.js';
import { ACTIVATIONS, activation, attention, layerNorm, linear } from '../layers.js';
import { layerCount, width } from '../network-config.js';
import { add } from '../tensors.js';
import type { WeightScope } from '../../weights/weight-scope.js';

/** What text and vision models have in common, with the defaults of CLIPTextConfig. */
export const clipEncoderFields = {
  hidden_size: width.default(512),
  intermediate_size: width.default(2048),
  num_hidden_layers: layerCount.default(12),
  num_attention_heads: width.default(8),
  hidden_act: z.enum(ACTIVATIONS).default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
};

export type ClipEncoderConfig = z.output<z.ZodObject<typeof clipEncoderFields>>;

/**
 * transformers' CLIPEncoder.
 *
 * @param x - [batch, tokens, hidden_size]
 * @param options.causal - for text: no token sees those after it
 * @returns the input and what every layer made of it, in order
 */
export function clipEncoder(
  w: WeightScope,
  x: GraphOutput,
  config: ClipEncoderConfig,
  options: { causal: boolean },
): GraphOutput[] {
  const states = [x];
  let state = x;
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    state = clipEncoderLayer(w.at('layers', layer), state, config, options);
    states.push(state);
  }
  return states;
}

function clipEncoderLayer(
  w: WeightScope,
  x: GraphOutput,
  config: ClipEncoderConfig,
  options: { causal: boolean },
): GraphOutput {
  const attended = clipAttention(
    w.at('self_attn'),
    layerNorm(w.at('layer_norm1'), x, config.layer_norm_eps),
    config,
    options,
  );
  const state = add(x, attended);
  return add(
    state,
    clipMlp(w.at('mlp'), layerNorm(w.at('layer_norm2'), state, config.layer_norm_eps), config),
  );
}

function clipAttention(
  w: WeightScope,
  x: GraphOutput,
  config: ClipEncoderConfig,
  options: { causal: boolean },
): GraphOutput {
  const query = linear(w.at('q_proj'), x, config.hidden_size);
  const key = linear(w.at('k_proj'), x, config.hidden_size);
  const value = linear(w.at('v_proj'), x, config.hidden_size);
  const attended = attention(query, key, value, config.num_attention_heads, options);
  return linear(w.at('out_proj'), attended, config.hidden_size);
}

function clipMlp(w: WeightScope, x: GraphOutput, config: ClipEncoderConfig): GraphOutput {
  const inner = activation(config.hidden_act, linear(w.at('fc1'), x, config.intermediate_size));
  return linear(w.at('fc2'), inner, config.hidden_size);
}
