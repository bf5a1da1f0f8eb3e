import type { WeightNaming, StoredWeight } from '../../weights/naming.js';
import { PREFIXES } from './checkpoint.js';

/** Stable Diffusion 1.x has transformers' own text model, at times within a whole CLIPModel. */
export const CLIP_NAMING: WeightNaming = {
  prefix: PREFIXES.clip,
  storedAs: (name) => ({ name }),
  ignored: /(^|\.)position_ids$|^(vision_model|visual_projection|text_projection)\.|^logit_scale$/,
};

/**
 * Stable Diffusion 2.x has OpenCLIP's, trained on the states before the last layer, which diffusers therefore leaves
 * out: number 23 of 24.
 */
export const LAST_OPEN_CLIP_LAYER = 23;

export const OPEN_CLIP_NAMING: WeightNaming = {
  prefix: PREFIXES.openClip,
  storedAs: (key) => openClipPlace(key.replace(/^text_model\./, '')),
  ignored: new RegExp(
    `^transformer\\.resblocks\\.${LAST_OPEN_CLIP_LAYER}\\.|^(text_projection|logit_scale|attn_mask)$|^visual\\.`,
  ),
};

/** OpenCLIP keeps the projections of queries, keys and values in one tensor, one below the other. */
const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj'];
const PROJECTION = /^(transformer\.resblocks\.\d+)\.self_attn\.([qkv]_proj)\.(weight|bias)$/;

function openClipPlace(key: string): StoredWeight {
  const name = key.replace(/^encoder\.layers\./, 'transformer.resblocks.');
  const [, layer, projection = '', parameter] = PROJECTION.exec(name) ?? [];
  if (layer !== undefined) {
    const part = { index: PROJECTIONS.indexOf(projection), of: PROJECTIONS.length };
    return { name: `${layer}.attn.in_proj_${parameter}`, part };
  }
  return {
    name: name
      .replace(/^embeddings\.token_embedding\./, 'token_embedding.')
      .replace(/^embeddings\.position_embedding\.weight$/, 'positional_embedding')
      .replace(/^final_layer_norm\./, 'ln_final.')
      .replace('.self_attn.', '.attn.')
      .replace('.layer_norm1.', '.ln_1.')
      .replace('.layer_norm2.', '.ln_2.')
      .replace('.mlp.fc1.', '.mlp.c_fc.')
      .replace('.mlp.fc2.', '.mlp.c_proj.'),
  };
}
