import { ModelLoadError } from '../../../common/errors.js';
import { graph, type GraphOutput, type Model } from '../../../runtime/index.js';
import { activation, conv2d, groupNorm } from '../layers.js';
import { add, concat, integers, multiply } from '../tensors.js';
import { timestepEmbedding, timesteps } from '../time-embedding.js';
import { downBlock, midBlock, upBlock, type Conditions } from './blocks.js';
import type { UNetConfig } from './config.js';
import type { Weights } from '../../weights/weight-store.js';

export interface UNetOptions {
  /** Tokens of a prompt, to fix them in the port as optimum-intel does. Default: free. */
  tokens?: number | undefined;
  /** Width of the second text encoder's `text_embeds`, which SDXL adds to the timestep. */
  textEmbedsWidth?: number | undefined;
}

/**
 * diffusers' UNet2DConditionModel: `sample` [batch, in_channels, height, width], `timestep` [1] and
 * `encoder_hidden_states` [batch, tokens, cross_attention_dim] to `out_sample` [batch, out_channels, height, width].
 *
 * Where the configuration asks for them: `timestep_cond` [batch, time_cond_proj_dim]; `text_embeds` [batch, …] and
 * `time_ids` [batch, …].
 */
export function unet2dConditionModel(w: Weights, config: UNetConfig, options: UNetOptions = {}): Model {
  const inputs = unetInputs(config, options);
  const conditions: Conditions = { time: timeEmbedding(w, inputs, config), text: inputs.text };
  const { sample } = inputs;

  const centred = config.center_input_sample ? add(multiply(sample, scalar(2)), scalar(-1)) : sample;
  const first = config.levels[0]?.channels ?? 0;
  let state = conv2d(w.at('conv_in'), centred, first, { kernel: config.conv_in_kernel });
  const skips = [state];
  for (const index of config.levels.keys()) {
    skips.push(...downBlock(w.at('down_blocks', index), state, conditions, config, index));
    state = skips.at(-1) ?? state;
  }
  if (config.mid_block_type !== null) state = midBlock(w.at('mid_block'), state, conditions, config);
  for (const index of config.levels.keys()) {
    state = upBlock(w.at('up_blocks', index), state, skips, conditions, config, index);
  }
  state = activation(
    config.act_fn,
    groupNorm(w.at('conv_norm_out'), state, config.norm_num_groups, config.norm_eps),
  );
  state = conv2d(w.at('conv_out'), state, config.out_channels, { kernel: config.conv_out_kernel });
  return graph.model(inputs.all, [{ output: state, names: ['out_sample'] }], 'UNet2DConditionModel');
}

interface UNetInputs {
  readonly sample: GraphOutput;
  readonly timestep: GraphOutput;
  readonly text: GraphOutput;
  readonly timestepCondition: GraphOutput | undefined;
  readonly added: { textEmbeds: GraphOutput; timeIds: GraphOutput } | undefined;
  /** In the order of the ports. */
  readonly all: readonly GraphOutput[];
}

function unetInputs(config: UNetConfig, { tokens = -1, textEmbedsWidth }: UNetOptions): UNetInputs {
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

/** SDXL's: the sizes a picture was trained with take what is left of the layer's width beside the text. */
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

/** The timestep, LCM's guidance and SDXL's sizes in one vector for every resnet. */
function timeEmbedding(w: Weights, inputs: UNetInputs, config: UNetConfig): GraphOutput {
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

function scalar(value: number): GraphOutput {
  return graph.constant('f32', [], Float32Array.of(value));
}
