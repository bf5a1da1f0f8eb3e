import { PREFIXES, type Checkpoint } from './checkpoint.js';
import { LAST_OPEN_CLIP_LAYER } from './text-naming.js';

/** Of all CLIP models; shapes do not show it. */
const HEAD_WIDTH = 64;

/** Fields of CLIPTextConfig that both text encoders share; ids as the models' own files have them. */
const COMMON = {
  architectures: ['CLIPTextModel'],
  bos_token_id: 0,
  eos_token_id: 2,
  layer_norm_eps: 1e-5,
  model_type: 'clip_text_model',
  pad_token_id: 1,
};

export function isOpenClip(checkpoint: Checkpoint): boolean {
  return checkpoint.some(/^cond_stage_model\.model\./);
}

/**
 * The configuration of a checkpoint's text encoder: sizes as its tensors have them, the rest as CLIP or OpenCLIP has it.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor that shows them is missing
 */
export function textConfigOf(checkpoint: Checkpoint): Record<string, unknown> {
  return isOpenClip(checkpoint) ? openClipConfig(checkpoint) : clipConfig(checkpoint);
}

function clipConfig(checkpoint: Checkpoint): Record<string, unknown> {
  const isPrefixed = checkpoint.some(/^cond_stage_model\.transformer\.text_model\./);
  const at = (name: string): string => `${PREFIXES.clip}${isPrefixed ? 'text_model.' : ''}${name}`;
  const width = checkpoint.size(at('embeddings.token_embedding.weight'), 1);
  return {
    ...COMMON,
    hidden_act: 'quick_gelu',
    hidden_size: width,
    intermediate_size: checkpoint.size(at('encoder.layers.0.mlp.fc1.weight'), 0),
    max_position_embeddings: checkpoint.size(at('embeddings.position_embedding.weight'), 0),
    num_attention_heads: headsOf(width),
    num_hidden_layers: checkpoint.count((layer) => at(`encoder.layers.${layer}.mlp.fc1.weight`)),
    projection_dim: 768,
    vocab_size: checkpoint.size(at('embeddings.token_embedding.weight'), 0),
  };
}

function openClipConfig(checkpoint: Checkpoint): Record<string, unknown> {
  const at = (name: string): string => PREFIXES.openClip + name;
  const width = checkpoint.size(at('token_embedding.weight'), 1);
  const layers = checkpoint.count((layer) => at(`transformer.resblocks.${layer}.mlp.c_fc.weight`));
  return {
    ...COMMON,
    hidden_act: 'gelu',
    hidden_size: width,
    intermediate_size: checkpoint.size(at('transformer.resblocks.0.mlp.c_fc.weight'), 0),
    max_position_embeddings: checkpoint.size(at('positional_embedding'), 0),
    num_attention_heads: headsOf(width),
    num_hidden_layers: Math.min(layers, LAST_OPEN_CLIP_LAYER),
    projection_dim: 512,
    vocab_size: checkpoint.size(at('token_embedding.weight'), 0),
  };
}

function headsOf(width: number): number {
  return Math.max(1, Math.floor(width / HEAD_WIDTH));
}
