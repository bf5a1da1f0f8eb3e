import { graph, type GraphOutput, type Model } from '../../../runtime/index.js';
import type { WeightScope } from '../../weights/weight-scope.js';
import { groupNorm } from '../group-norm.js';
import { activation, conv2d } from '../layers.js';
import { add, multiply, scalar } from '../tensors.js';
import { downBlock, midBlock, skipCount, upBlock, type Conditions } from './blocks.js';
import type { UNetConfig } from './config.js';
import { timeEmbedding, unetInputs, type UNetOptions } from './inputs.js';

/**
 * diffusers' UNet2DConditionModel: `sample` [batch, in_channels, height, width], `timestep` [1] and
 * `encoder_hidden_states` [batch, tokens, cross_attention_dim] to `out_sample` [batch, out_channels, height, width].
 *
 * Where the configuration asks for them: `timestep_cond` [batch, time_cond_proj_dim]; `text_embeds` [batch, …] and
 * `time_ids` [batch, …].
 *
 * @see https://arxiv.org/abs/2112.10752 — "High-Resolution Image Synthesis with Latent Diffusion Models"
 */
export function unet2dConditionModel(w: WeightScope, config: UNetConfig, options: UNetOptions = {}): Model {
  const inputs = unetInputs(config, options);
  const conditions: Conditions = { time: timeEmbedding(w, inputs, config), text: inputs.text };
  const skips = down(w, inputs.sample, conditions, config);
  const middle = mid(w, skips.at(-1) ?? inputs.sample, conditions, config);
  const output = up(w, middle, skips, conditions, config);
  return graph.model(inputs.all, [{ output, names: ['out_sample'] }], 'UNet2DConditionModel');
}

/**
 * From the sample down to the smallest state.
 *
 * @returns the states that the way up takes as skips, from the largest on; the last is the block's output
 */
function down(
  w: WeightScope,
  sample: GraphOutput,
  conditions: Conditions,
  config: UNetConfig,
): readonly GraphOutput[] {
  const centred = config.center_input_sample ? add(multiply(sample, scalar(2)), scalar(-1)) : sample;
  const first = config.levels[0]?.channels ?? 0;
  let state = conv2d(w.at('conv_in'), centred, first, { kernel: config.conv_in_kernel });
  const skips = [state];
  for (const index of config.levels.keys()) {
    const states = downBlock(w.at('down_blocks', index), state, conditions, config, index);
    skips.push(...states);
    state = states.at(-1) ?? state;
  }
  return skips;
}

function mid(w: WeightScope, x: GraphOutput, conditions: Conditions, config: UNetConfig): GraphOutput {
  return config.mid_block_type === null ? x : midBlock(w.at('mid_block'), x, conditions, config);
}

/** From the smallest state up to the prediction; the last skip is taken first. */
function up(
  w: WeightScope,
  x: GraphOutput,
  skips: readonly GraphOutput[],
  conditions: Conditions,
  config: UNetConfig,
): GraphOutput {
  const inOrder = skips.toReversed();
  let state = x;
  let taken = 0;
  for (const index of config.levels.keys()) {
    const end = taken + skipCount(config, index);
    const isLast = index === config.levels.length - 1;
    const block = w.at('up_blocks', index);
    const own = inOrder.slice(taken, end);
    state = upBlock(block, state, own, isLast ? undefined : inOrder[end], conditions, config, index);
    taken = end;
  }
  const normal = groupNorm(w.at('conv_norm_out'), state, config.norm_num_groups, config.norm_eps);
  return conv2d(w.at('conv_out'), activation(config.act_fn, normal), config.out_channels, {
    kernel: config.conv_out_kernel,
  });
}
