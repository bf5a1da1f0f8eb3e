import { z } from 'zod';

import { InvalidArgumentError } from '../../../common/errors.js';
import { graph, type GraphOutput, type Model } from '../../../runtime/index.js';
import { clipEncoder, clipEncoderFields } from './encoder.js';
import { embedding, layerNorm, linear } from '../layers.js';
import { width, withoutNulls } from '../network-config.js';
import { add, integers, multiply } from '../tensors.js';
import type { WeightScope } from '../../weights/weight-scope.js';

/**
 * transformers' CLIPTextConfig; of a whole CLIP model's configuration, the one nested in it, as transformers takes it.
 */
const fields = z.looseObject({
  ...clipEncoderFields,
  vocab_size: width.default(49408),
  max_position_embeddings: width.default(77),
  projection_dim: width.default(512),
  eos_token_id: z.int().min(0).default(49407),
});

export const clipTextConfigSchema = z.preprocess((config) => {
  const nested = isRecord(config) ? config.text_config : undefined;
  return isRecord(nested) ? withoutNulls(nested) : config;
}, fields);

export type ClipTextConfig = z.output<typeof clipTextConfigSchema>;

export interface ClipTextOptions {
  /** Whether every layer's states are outputs too, as SDXL needs them. Default: false. */
  hiddenStates?: boolean;
  /** Layers left out at the end, for models trained so: `last_hidden_state` then comes from before them. Default: 0. */
  clipSkip?: number;
}

/**
 * transformers' CLIPTextModel: `input_ids` [batch, tokens] to `last_hidden_state` [batch, tokens, hidden_size] and
 * `pooler_output` [batch, hidden_size]; with `hiddenStates`, `hidden_states.0` … as well.
 */
export function clipTextModel(
  weights: WeightScope,
  config: ClipTextConfig,
  options: ClipTextOptions = {},
): Model {
  const ids = graph.parameter('i64', [-1, -1], 'input_ids');
  const { last, pooled, states } = clipTextTransformer(textTransformer(weights), ids, config, options);
  return graph.model(
    [ids],
    [
      { output: last, names: ['last_hidden_state'] },
      { output: pooled, names: ['pooler_output'] },
      ...hiddenStates(states, options),
    ],
    'CLIPTextModel',
  );
}

/**
 * transformers' CLIPTextModelWithProjection: as `clipTextModel`, but instead of `pooler_output` its projection,
 * `text_embeds` [batch, projection_dim].
 */
export function clipTextModelWithProjection(
  weights: WeightScope,
  config: ClipTextConfig,
  options: ClipTextOptions = {},
): Model {
  const ids = graph.parameter('i64', [-1, -1], 'input_ids');
  const { last, pooled, states } = clipTextTransformer(textTransformer(weights), ids, config, options);
  const embeds = linear(weights.at('text_projection'), pooled, config.projection_dim, { bias: false });
  return graph.model(
    [ids],
    [
      { output: embeds, names: ['text_embeds'] },
      { output: last, names: ['last_hidden_state'] },
      ...hiddenStates(states, options),
    ],
    'CLIPTextModelWithProjection',
  );
}

/** transformers 5 lets the text model's own name go from the keys. */
function textTransformer(weights: WeightScope): WeightScope {
  return weights.has('embeddings.token_embedding.weight') ? weights : weights.at('text_model');
}

function clipTextTransformer(
  w: WeightScope,
  ids: GraphOutput,
  config: ClipTextConfig,
  { clipSkip = 0 }: ClipTextOptions,
): { last: GraphOutput; pooled: GraphOutput; states: readonly GraphOutput[] } {
  const embedded = clipTextEmbeddings(w.at('embeddings'), ids, config);
  const states = clipEncoder(w.at('encoder'), embedded, config, { causal: true });
  const chosen = states.at(-1 - clipSkip);
  if (chosen === undefined) {
    throw new InvalidArgumentError(
      `Expected a whole number between 0 and ${config.num_hidden_layers} for clipSkip but received ${clipSkip} of type ${typeof clipSkip}`,
    );
  }
  const last = layerNorm(w.at('final_layer_norm'), chosen, config.layer_norm_eps);
  return { last, pooled: pool(last, ids, config), states };
}

function clipTextEmbeddings(w: WeightScope, ids: GraphOutput, config: ClipTextConfig): GraphOutput {
  const { hidden_size: size, max_position_embeddings: positions } = config;
  const tokens = embedding(w.at('token_embedding'), ids, config.vocab_size, size);
  const places = embedding(w.at('position_embedding'), positionsOf(ids), positions, size);
  return add(tokens, places);
}

/** 0, 1, 2 … for the tokens of ids [batch, tokens]. */
function positionsOf(ids: GraphOutput): GraphOutput {
  return graph.node('Range', [integers([0], []), countOf(ids), integers([1], [])], { output_type: 'i64' });
}

/** Tokens of each text. */
function countOf(ids: GraphOutput): GraphOutput {
  return dimensionOf(ids, 1);
}

function dimensionOf(x: GraphOutput, axis: number): GraphOutput {
  const shape = graph.node('ShapeOf', [x], { output_type: 'i64' });
  return graph.node('Gather', [shape, integers([axis], []), integers([0], [])], { batch_dims: 0 });
}

/** The state of each text's first end token, or of its first token when it has none. */
function pool(states: GraphOutput, ids: GraphOutput, config: ClipTextConfig): GraphOutput {
  // Configurations from before transformers 4.31 say 2, which CLIP's vocabulary has for something else; its end token
  // is the greatest id.
  const end =
    config.eos_token_id === 2
      ? graph.node('ReduceMax', [ids, integers([1])], { keep_dims: true })
      : integers([config.eos_token_id]);
  const count = countOf(ids);
  const places = graph.node('Select', [graph.node('Equal', [ids, end]), positionsOf(ids), count]);
  const first = graph.node('ReduceMin', [places, integers([1])], { keep_dims: false });
  const place = graph.node('FloorMod', [first, count]);
  // Rows of all texts in one list: OpenVINO's Gather with `batch_dims` writes beyond its memory for narrow states.
  const texts = graph.node('Range', [integers([0], []), dimensionOf(ids, 0), integers([1], [])], {
    output_type: 'i64',
  });
  const rows = graph.node('Reshape', [states, integers([-1, config.hidden_size])], { special_zero: false });
  const row = add(multiply(texts, count), place);
  return graph.node('Gather', [rows, row, integers([0], [])], { batch_dims: 0 });
}

function hiddenStates(
  states: readonly GraphOutput[],
  options: ClipTextOptions,
): { output: GraphOutput; names: string[] }[] {
  if (!options.hiddenStates) return [];
  return states.map((output, layer) => ({ output, names: [`hidden_states.${layer}`] }));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
