import { z } from 'zod';

import { graph, type GraphOutput, type Model } from '../../runtime/index.js';
import { clipEncoder, clipEncoderFields } from './clip/encoder.js';
import { conv2d, embedding, layerNorm, linear } from './layers.js';
import { width } from './network-config.js';
import { add, concat, integers, multiply, scalar, sizeOf, unsqueeze } from './tensors.js';
import type { WeightScope } from '../weights/weight-scope.js';

/** transformers' CLIPVisionConfig. */
const clipVisionConfigSchema = z.looseObject({
  ...clipEncoderFields,
  hidden_size: width.default(768),
  intermediate_size: width.default(3072),
  num_attention_heads: width.default(12),
  num_channels: width.default(3),
  image_size: width.default(224),
  patch_size: width.default(32),
});

type ClipVisionConfig = z.output<typeof clipVisionConfigSchema>;

/** transformers' CLIPConfig; where an old file describes the vision model twice, `vision_config_dict` is right. */
export const safetyCheckerConfigSchema = z
  .looseObject({
    projection_dim: width.default(512),
    vision_config: clipVisionConfigSchema.nullish(),
    vision_config_dict: clipVisionConfigSchema.nullish(),
  })
  .transform((config) => ({
    projectionDim: config.projection_dim,
    vision: config.vision_config_dict ?? config.vision_config ?? clipVisionConfigSchema.parse({}),
  }));

export type SafetyCheckerConfig = z.output<typeof safetyCheckerConfigSchema>;

/** As many as diffusers' class has. */
const CONCEPTS = 17;
const SPECIAL_CARE = 3;

/** How much nearer to a concept counts as too near once an image needs special care. */
const ADJUSTMENT = 0.01;

/**
 * diffusers' StableDiffusionSafetyChecker: `clip_input` [batch, 3, image_size, image_size], normalised as CLIP wants
 * it, to `has_nsfw_concepts` [batch] and `concept_scores` [batch, 17], of which one above zero is enough.
 */
export function safetyChecker(w: WeightScope, config: SafetyCheckerConfig): Model {
  const { vision, projectionDim } = config;
  const pixels = graph.parameter(
    'f32',
    [-1, vision.num_channels, vision.image_size, vision.image_size],
    'clip_input',
  );
  const pooled = clipVisionTransformer(visionTransformer(w), pixels, vision);
  const embeds = normalized(linear(w.at('visual_projection'), pooled, projectionDim, { bias: false }));

  const special = scores(w, embeds, 'special_care_embeds', SPECIAL_CARE);
  const needsCare = graph.node('ReduceMax', [isPositive(special), integers([1])], { keep_dims: true });
  const adjustment = multiply(
    graph.node('Convert', [needsCare], { destination_type: 'f32' }),
    scalar(ADJUSTMENT),
  );
  const concepts = rounded(add(scores(w, embeds, 'concept_embeds', CONCEPTS), adjustment));
  const flags = graph.node('ReduceMax', [isPositive(concepts), integers([1])], { keep_dims: false });
  return graph.model(
    [pixels],
    [
      {
        output: graph.node('Convert', [flags], { destination_type: 'boolean' }),
        names: ['has_nsfw_concepts'],
      },
      { output: concepts, names: ['concept_scores'] },
    ],
    'StableDiffusionSafetyChecker',
  );
}

/** transformers 5 lets one of the two names go from the keys. */
function visionTransformer(w: WeightScope): WeightScope {
  const model = w.at('vision_model');
  return model.has('embeddings.class_embedding') ? model : model.at('vision_model');
}

/** [batch, channels, size, size] to the class token's state, [batch, hidden_size]. */
function clipVisionTransformer(w: WeightScope, pixels: GraphOutput, config: ClipVisionConfig): GraphOutput {
  const embedded = clipVisionEmbeddings(w.at('embeddings'), pixels, config);
  // The name is misspelt in the class itself.
  const first = layerNorm(w.at('pre_layrnorm'), embedded, config.layer_norm_eps);
  const last = clipEncoder(w.at('encoder'), first, config, { causal: false }).at(-1) ?? first;
  const classToken = graph.node('Gather', [last, integers([0], []), integers([1], [])], { batch_dims: 0 });
  return layerNorm(w.at('post_layernorm'), classToken, config.layer_norm_eps);
}

function clipVisionEmbeddings(w: WeightScope, pixels: GraphOutput, config: ClipVisionConfig): GraphOutput {
  const { hidden_size: size, patch_size: patch, image_size: side } = config;
  const patches = conv2d(w.at('patch_embedding'), pixels, size, {
    kernel: patch,
    stride: patch,
    padding: 0,
    bias: false,
  });
  const sequence = graph.node('Reshape', [patches, integers([0, size, -1])], { special_zero: true });
  const tokens = graph.node('Transpose', [sequence, integers([0, 2, 1])]);
  const batch = graph.node('Gather', [
    graph.node('ShapeOf', [pixels], { output_type: 'i64' }),
    integers([0]),
    integers([0], []),
  ]);
  const classToken = graph.node('Broadcast', [
    w.vector('class_embedding', size, [1, 1, size]),
    concat(0, batch, integers([1, size])),
  ]);
  const count = Math.floor(side / patch) ** 2 + 1;
  const places = Array.from({ length: count }, (_, place) => place);
  return add(
    concat(1, classToken, tokens),
    unsqueeze(embedding(w.at('position_embedding'), integers(places), count, size), 0),
  );
}

/** Cosine of the angle to each of `count` embeddings, less that one's threshold. */
function scores(w: WeightScope, embeds: GraphOutput, name: string, count: number): GraphOutput {
  const known = normalized(w.matrix(name, [count, sizeOf(embeds, 1)]));
  const cosines = graph.node('MatMul', [w.activation(embeds), known], {
    transpose_a: false,
    transpose_b: true,
  });
  return graph.node('Subtract', [cosines, w.vector(`${name}_weights`, count, [1, count])]);
}

/** To three decimals, as the class compares them. */
function rounded(x: GraphOutput): GraphOutput {
  const thousandths = graph.node('Round', [multiply(x, scalar(1000))], { mode: 'half_to_even' });
  return graph.node('Divide', [thousandths, scalar(1000)]);
}

/** 1 where a score, rounded, is above zero. */
function isPositive(x: GraphOutput): GraphOutput {
  const above = graph.node('Greater', [rounded(x), scalar(0)]);
  return graph.node('Convert', [above], { destination_type: 'i32' });
}

/** Each row divided by its length. Not by NormalizeL2, which crashes OpenVINO 2026.4's CPU device on constant rows. */
function normalized(x: GraphOutput): GraphOutput {
  const length = graph.node('ReduceL2', [x, integers([1])], { keep_dims: true });
  return graph.node('Divide', [x, graph.node('Maximum', [length, scalar(1e-12)])]);
}
