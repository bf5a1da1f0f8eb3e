import { ModelLoadError } from '../../../common/errors.js';
import { graph, type GraphOutput } from '../../../runtime/index.js';
import type { WeightScope } from '../../weights/weight-scope.js';
import { activation } from '../layers.js';
import { add, concat, integers } from '../tensors.js';
import { timestepEmbedding, timesteps } from '../time-embedding.js';
import type { UNetConfig } from './config.js';

export interface UNetOptions {
  /** Tokens of a prompt, to fix them in the port as optimum-intel does. Default: dynamic. */
  tokens?: number | undefined;
  /** Width of the second text encoder's `text_embeds`, which SDXL adds to the timestep. */
  textEmbedsWidth?: number | undefined;
}

/** The UNet's parameters, those of its configuration's optional conditions included. */
export interface UNetInputs {
  readonly sample: GraphOutput;
  readonly timestep: GraphOutput;
  readonly text: GraphOutput;
  readonly timestepCondition: GraphOutput | undefined;
  readonly added: { textEmbeds: GraphOutput; timeIds: GraphOutput } | undefined;
  /** In the order of the ports. */
  readonly all: readonly GraphOutput[];
}

export function unetInputs(config: UNetConfig, { tokens = -1, textEmbedsWidth }: UNetOptions): UNetInputs {
  const textWidth = Math.max(...config.levels.map((level) => level.crossAttentionDim));
  const sample = graph.parameter('f32', [-1, config.in_channels, -1, -1], 'sample');
  const timestep = graph.parameter('i64', [-1], 'timestep');
  const text = graph.parameter('f32', [-1, tokens, textWidth], 'encoder_hidden_states');
  const timestepCondition =
    config.time_cond_proj_dim == null
      ? undefined
      : graph.parameter('f32', [-1, config.time_cond_proj_dim], 'timestep_cond');
  const added = config.addition_embed_type === 'text_time' ? addedInputs(config, textEmbedsWidth) : undefined;
  const optional = [timestepCondition, added?.textEmbeds, added?.timeIds].filter(
    (input) => input !== undefined,
  );
  return { sample, timestep, text, timestepCondition, added, all: [sample, timestep, text, ...optional] };
}

/** SDXL's: what the pooled text leaves of the embedding's width holds the embedded sizes, the time ids. */
function addedInputs(config: UNetConfig, textEmbedsWidth = 0): NonNullable<UNetInputs['added']> {
  const left = (config.projection_class_embeddings_input_dim ?? 0) - textEmbedsWidth;
  const ids = left / (config.addition_time_embed_dim ?? 1);
  if (textEmbedsWidth <= 0 || !Number.isInteger(ids) || ids <= 0) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet's projection_class_embeddings_input_dim of ${config.projection_class_embeddings_input_dim} does not fit ` +
        `text embeddings of width ${textEmbedsWidth} and time ids of width ${config.addition_time_embed_dim}`,
    );
  }
  return {
    textEmbeds: graph.parameter('f32', [-1, textEmbedsWidth], 'text_embeds'),
    timeIds: graph.parameter('f32', [-1, ids], 'time_ids'),
  };
}

/** The timestep, LCM's guidance and SDXL's sizes in one vector for every resnet: [batch, time_embedding_dim]. */
export function timeEmbedding(w: WeightScope, inputs: UNetInputs, config: UNetConfig): GraphOutput {
  const first = config.levels[0]?.channels ?? 0;
  const width = config.time_embedding_dim ?? first * 4;
  const options = { flipSinToCos: config.flip_sin_to_cos, freqShift: config.freq_shift };

  const timestep = graph.node('Convert', [inputs.timestep], { destination_type: 'f32' });
  let embedded = timestepEmbedding(w.at('time_embedding'), timesteps(timestep, first, options), width, {
    activation: config.act_fn,
    postActivation: config.timestep_post_act,
    condition: inputs.timestepCondition,
  });
  if (inputs.added) {
    const ids = timesteps(inputs.added.timeIds, config.addition_time_embed_dim ?? 0, options);
    const idCount = inputs.added.timeIds.shape?.[1] as number;
    const flat = graph.node(
      'Reshape',
      [ids, integers([0, idCount * (config.addition_time_embed_dim ?? 0)])],
      { special_zero: true },
    );
    embedded = add(
      embedded,
      timestepEmbedding(w.at('add_embedding'), concat(1, inputs.added.textEmbeds, flat), width),
    );
  }
  return config.time_embedding_act_fn ? activation(config.time_embedding_act_fn, embedded) : embedded;
}
