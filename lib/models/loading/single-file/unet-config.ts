import { PREFIXES, type Checkpoint } from './checkpoint.js';

/** What shapes do not show: 1.x has a fixed number of heads, 2.x as many of this width as fit. */
const HEADS = 8;
const HEAD_WIDTH = 64;

interface Level {
  channels: number;
  layers: number;
  attends: boolean;
  /** Transformer blocks after each resnet, where it attends. */
  depth: number;
}

/** Width of each of the embedded time ids; shapes do not show it. */
const TIME_ID_WIDTH = 256;

const at = (name: string): string => PREFIXES.unet + name;
const attends = (checkpoint: Checkpoint, layer: string): boolean =>
  checkpoint.has(at(`${layer}.1.proj_in.weight`));

/**
 * The configuration of a checkpoint's UNet: sizes and structure as its tensors have them, the rest as Stable Diffusion
 * has it. The size it was trained on is not among them.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor that shows them is missing
 */
export function unetConfigOf(checkpoint: Checkpoint): Record<string, unknown> {
  const levels = levelsOf(checkpoint);
  const channels = levels.map((level) => level.channels);
  const layers = levels[0]?.layers ?? 0;
  const middle = at('middle_block.1.');
  const isLinear = checkpoint.shape(`${middle}proj_in.weight`)?.length === 2;
  const added = addedConditions(checkpoint);
  // The middle block takes the last level's depth, also where that level does not attend.
  const middleDepth = depthOf(checkpoint, 'middle_block.1.');
  const depths = levels.map(({ depth }, level) => (level < levels.length - 1 ? depth : middleDepth));
  const [depth = 1, ...otherDepths] = new Set(depths.filter((each) => each > 0));
  return {
    _class_name: 'UNet2DConditionModel',
    act_fn: 'silu',
    attention_head_dim: isLinear
      ? channels.map((width) => Math.max(1, Math.floor(width / HEAD_WIDTH)))
      : HEADS,
    block_out_channels: channels,
    center_input_sample: false,
    cross_attention_dim: checkpoint.size(`${middle}transformer_blocks.0.attn2.to_k.weight`, 1),
    down_block_types: levels.map((level) => (level.attends ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    downsample_padding: 1,
    flip_sin_to_cos: true,
    freq_shift: 0,
    in_channels: checkpoint.size(at('input_blocks.0.0.weight'), 1),
    layers_per_block: layers,
    mid_block_scale_factor: 1,
    norm_eps: 1e-5,
    norm_num_groups: 32,
    out_channels: checkpoint.size(at('out.2.weight'), 0),
    up_block_types: levels.map((_, block) =>
      attends(checkpoint, `output_blocks.${block * (layers + 1)}`) ? 'CrossAttnUpBlock2D' : 'UpBlock2D',
    ),
    time_cond_proj_dim: null,
    transformer_layers_per_block: otherDepths.length === 0 ? depth : depths.map((each) => each || 1),
    // For half precision in Python, where attention of 2.x leaves its range.
    upcast_attention: isLinear && !added,
    use_linear_projection: isLinear,
    ...added,
  };
}

/** Fields of Stable Diffusion XL, whose pooled text and sizes are added to the timestep. */
function addedConditions(checkpoint: Checkpoint): Record<string, unknown> | undefined {
  const width = checkpoint.shape(at('label_emb.0.0.weight'))?.[1];
  if (width === undefined) return undefined;
  return {
    addition_embed_type: 'text_time',
    addition_time_embed_dim: TIME_ID_WIDTH,
    projection_class_embeddings_input_dim: width,
  };
}

function depthOf(checkpoint: Checkpoint, layer: string): number {
  return checkpoint.count((block) => at(`${layer}transformer_blocks.${block}.norm1.weight`));
}

/** Levels end with a downsampler, but for the last. */
function levelsOf(checkpoint: Checkpoint): Level[] {
  let level: Level = { channels: 0, layers: 0, attends: false, depth: 0 };
  const levels = [level];
  for (let index = 1; ; index++) {
    const layer = `input_blocks.${index}`;
    if (checkpoint.has(at(`${layer}.0.op.weight`))) {
      level = { channels: 0, layers: 0, attends: false, depth: 0 };
      levels.push(level);
    } else if (checkpoint.has(at(`${layer}.0.in_layers.2.weight`))) {
      level.channels = checkpoint.size(at(`${layer}.0.in_layers.2.weight`), 0);
      level.layers++;
      level.attends ||= attends(checkpoint, layer);
      level.depth ||= depthOf(checkpoint, `${layer}.1.`);
    } else {
      return levels;
    }
  }
}
