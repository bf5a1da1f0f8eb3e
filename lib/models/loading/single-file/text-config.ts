import type { Checkpoint } from './checkpoint.js';
import type { StoredTextEncoder } from './text-encoders.js';

/** Of all CLIP models; shapes do not show it. */
const HEAD_WIDTH = 64;

/** Fields of CLIPTextConfig that all text encoders share; ids as the models' own files have them. */
const COMMON = {
  bos_token_id: 0,
  eos_token_id: 2,
  layer_norm_eps: 1e-5,
  model_type: 'clip_text_model',
  pad_token_id: 1,
};

/**
 * The configuration of a checkpoint's text encoder: sizes as its tensors have them, the rest as CLIP or OpenCLIP has it.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor that shows them is missing
 */
export function textConfigOf(checkpoint: Checkpoint, encoder: StoredTextEncoder): Record<string, unknown> {
  return encoder.isOpenClip ? openClipConfig(checkpoint, encoder) : clipConfig(checkpoint, encoder);
}

function clipConfig(checkpoint: Checkpoint, { prefix }: StoredTextEncoder): Record<string, unknown> {
  const isPrefixed = checkpoint.hasPrefix(`${prefix}text_model.`);
  const at = (name: string): string => `${prefix}${isPrefixed ? 'text_model.' : ''}${name}`;
  const width = checkpoint.size(at('embeddings.token_embedding.weight'), 1);
  return {
    ...COMMON,
    architectures: ['CLIPTextModel'],
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

function openClipConfig(
  checkpoint: Checkpoint,
  { prefix, hasProjection, maxLayers }: StoredTextEncoder,
): Record<string, unknown> {
  const at = (name: string): string => prefix + name;
  const width = checkpoint.size(at('token_embedding.weight'), 1);
  const layers = checkpoint.count((layer) => at(`transformer.resblocks.${layer}.mlp.c_fc.weight`));
  return {
    ...COMMON,
    architectures: [hasProjection ? 'CLIPTextModelWithProjection' : 'CLIPTextModel'],
    hidden_act: 'gelu',
    hidden_size: width,
    intermediate_size: checkpoint.size(at('transformer.resblocks.0.mlp.c_fc.weight'), 0),
    max_position_embeddings: checkpoint.size(at('positional_embedding'), 0),
    num_attention_heads: headsOf(width),
    num_hidden_layers: Math.min(layers, maxLayers),
    projection_dim: hasProjection ? checkpoint.size(at('text_projection'), 1) : 512,
    vocab_size: checkpoint.size(at('token_embedding.weight'), 0),
  };
}

function headsOf(width: number): number {
  return Math.max(1, Math.floor(width / HEAD_WIDTH));
}
