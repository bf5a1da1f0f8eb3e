import type { StoredWeight, WeightNaming } from '../../weights/naming.js';
import type { StoredTextEncoder } from './text-encoders.js';

/** How the keys of a checkpoint's text encoder differ from those of transformers. */
export function textNaming({
  prefix,
  isOpenClip,
  hasProjection,
  maxLayers,
}: StoredTextEncoder): WeightNaming {
  if (!isOpenClip) return { prefix, storedAs: (name) => ({ name }), ignored: IGNORED };
  return {
    prefix,
    storedAs: (key) => openClipPlace(key.replace(/^text_model\./, '')),
    ignored: hasProjection
      ? /^(logit_scale|attn_mask)$|^visual\./
      : new RegExp(
          `^transformer\\.resblocks\\.${maxLayers}\\.|^(text_projection|logit_scale|attn_mask)$|^visual\\.`,
        ),
  };
}

/** transformers' own text model is at times stored within a whole CLIPModel. */
const IGNORED = /(^|\.)position_ids$|^(vision_model|visual_projection|text_projection)\.|^logit_scale$/;

/** OpenCLIP keeps the projections of queries, keys and values in one tensor, one below the other. */
const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj'];
const PROJECTION = /^(transformer\.resblocks\.\d+)\.self_attn\.([qkv]_proj)\.(weight|bias)$/;

function openClipPlace(key: string): StoredWeight {
  // A matrix that states are multiplied by from the right, where a linear layer's is transposed.
  if (key === 'text_projection.weight') return { name: 'text_projection', transposed: true };
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
