import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../../common/config-file.js';
import { ModelLoadError } from '../../../common/errors.js';
import { readNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import { pipelineClassOf, pipelineLayoutOf, type ModelIndex, type TokenizerName } from '../../layout.js';
import type { TokenizerSource } from '../../tokenizer-source.js';
import { readModelIndex, tokenizersIn } from '../model-folder.js';
import type { Checkpoint } from './checkpoint.js';
import { CLIP_VOCABULARY_SIZE, clipTokenizer } from './clip-tokenizer.js';
import {
  predictionTypeOf,
  schedulerConfigOf,
  xlSchedulerConfigOf,
  type PredictionType,
} from './scheduler-config.js';
import { textConfigOf } from './text-config.js';
import { isXl, textEncodersOf, type StoredTextEncoder } from './text-encoders.js';
import { unetConfigOf } from './unet-config.js';
import { vaeConfigOf, vaeScaleFactorOf, XL_VAE } from './vae-config.js';
import { withVae, type ReplacementVae } from '../vae/replacement-vae.js';

/** All that a model is but its weights. */
export interface ModelDescription {
  readonly index: ModelIndex;
  readonly textEncoders: readonly DescribedTextEncoder[];
  readonly unet: NetworkConfig;
  readonly vae: NetworkConfig;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
  readonly tokenizers: Readonly<Partial<Record<TokenizerName, TokenizerSource>>>;
}

/** A text encoder, with where the checkpoint holds it. */
export interface DescribedTextEncoder {
  readonly stored: StoredTextEncoder;
  readonly config: NetworkConfig;
}

/** Options of the description that stand above what is found. */
export interface DescriptionOptions {
  readonly predictionType: PredictionType | undefined;
  /** A folder. */
  readonly tokenizer: string | undefined;
  /** In place of the checkpoint's own. */
  readonly vae: ReplacementVae | undefined;
}

/** What checkpoints never hold. */
const ABSENT = {
  feature_extractor: [null, null],
  image_encoder: [null, null],
};
const ABSENT_OF_1_AND_2 = { ...ABSENT, requires_safety_checker: false, safety_checker: [null, null] };

const INPAINT_CHANNELS = 9;

const CHECKPOINT_PIPELINES = [
  'StableDiffusionPipeline',
  'StableDiffusionImg2ImgPipeline',
  'StableDiffusionInpaintPipeline',
  'StableDiffusionXLPipeline',
  'StableDiffusionXLImg2ImgPipeline',
  'StableDiffusionXLInpaintPipeline',
];

const schedulerSchema = z.looseObject({ _class_name: z.string() });

/**
 * Describes a checkpoint by its tensors' shapes and, in what these do not show, as diffusers does: after Stable
 * Diffusion 1.5, 2.1 where the text encoder is OpenCLIP's, or XL where it has conditioners.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor is missing, `INCOMPATIBLE_COMPONENTS` where CLIP's tokenizer
 * does not fit
 */
export function inferDescription(checkpoint: Checkpoint, options: DescriptionOptions): ModelDescription {
  const { path } = checkpoint;
  const stored = textEncodersOf(checkpoint);
  const textEncoders = stored.map((encoder) => ({
    stored: encoder,
    config: { path, raw: textConfigOf(checkpoint, encoder) },
  }));
  if (options.tokenizer === undefined) requireClipVocabulary(path, textEncoders);
  const unet = unetConfigOf(checkpoint);
  const family = isXl(checkpoint)
    ? xlFamily(stored, unet, options)
    : familyOf(stored, unet, options, checkpoint.globalStep);
  const { vae } = options;
  const factor = vae?.scaleFactor ?? vaeScaleFactorOf(checkpoint);
  return {
    index: {
      ...ABSENT,
      ...family.index,
      unet: ['diffusers', 'UNet2DConditionModel'],
      vae: ['diffusers', 'AutoencoderKL'],
    },
    textEncoders,
    unet: { path, raw: { ...unet, sample_size: family.side / factor } },
    vae: vae?.config ?? { path, raw: { ...vaeConfigOf(checkpoint, family.side), ...family.vae } },
    schedulerConfig: family.schedulerConfig,
    tokenizers: Object.fromEntries(
      stored.map(({ name, hasProjection, isOpenClip }) => [
        name.replace('text_encoder', 'tokenizer'),
        options.tokenizer === undefined
          ? clipTokenizer(isOpenClip || hasProjection ? '!' : '<|endoftext|>')
          : { folder: options.tokenizer },
      ]),
    ),
  };
}

/** What shapes do not show of a model, and its family decides. */
interface Family {
  readonly index: ModelIndex;
  /** The side, in pixels, it was trained on. */
  readonly side: number;
  readonly vae: Readonly<Record<string, unknown>>;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
}

/** Stable Diffusion 1.x and 2.x. */
function familyOf(
  [textEncoder]: readonly StoredTextEncoder[],
  unet: Record<string, unknown>,
  options: DescriptionOptions,
  globalStep: number | undefined,
): Family {
  const is2 = textEncoder?.isOpenClip ?? false;
  const isInpaint = unet.in_channels === INPAINT_CHANNELS;
  const predictionType = options.predictionType ?? predictionTypeOf(is2 && !isInpaint, globalStep);
  return {
    index: {
      _class_name: isInpaint ? 'StableDiffusionInpaintPipeline' : 'StableDiffusionPipeline',
      ...ABSENT_OF_1_AND_2,
      text_encoder: ['transformers', 'CLIPTextModel'],
      tokenizer: ['transformers', 'CLIPTokenizer'],
    },
    // The models of 2.x that predict velocities are those for 768 pixels.
    side: is2 && predictionType === 'v_prediction' ? 768 : 512,
    vae: {},
    schedulerConfig: schedulerConfigOf(is2 && !isInpaint, predictionType),
  };
}

function xlFamily(
  stored: readonly StoredTextEncoder[],
  unet: Record<string, unknown>,
  { predictionType = 'epsilon' }: DescriptionOptions,
): Family {
  const isRefiner = stored.length === 1;
  const isInpaint = unet.in_channels === INPAINT_CHANNELS;
  const first = (library: string, name: string): unknown[] => (isRefiner ? [null, null] : [library, name]);
  return {
    index: {
      _class_name: `StableDiffusionXL${isInpaint ? 'Inpaint' : isRefiner ? 'Img2Img' : ''}Pipeline`,
      force_zeros_for_empty_prompt: !isRefiner,
      ...(isRefiner ? { requires_aesthetics_score: true } : {}),
      text_encoder: first('transformers', 'CLIPTextModel'),
      text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
      tokenizer: first('transformers', 'CLIPTokenizer'),
      tokenizer_2: ['transformers', 'CLIPTokenizer'],
    },
    side: 1024,
    vae: XL_VAE,
    schedulerConfig: xlSchedulerConfigOf(predictionType),
  };
}

function requireClipVocabulary(path: string, textEncoders: readonly DescribedTextEncoder[]): void {
  for (const { config } of textEncoders) {
    if (Number(config.raw.vocab_size) >= CLIP_VOCABULARY_SIZE) continue;
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The text encoder in ${path} knows ${String(config.raw.vocab_size)} tokens, CLIP's vocabulary has ` +
        `${CLIP_VOCABULARY_SIZE}; its own can be given with the option 'tokenizer'`,
    );
  }
}

/**
 * Reads the description from a folder in diffusers' layout, whose weights are of no interest.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `UNSUPPORTED`; `INCOMPATIBLE_COMPONENTS` where it
 * describes a model with other text encoders
 */
export async function readDescription(
  folder: string,
  checkpoint: Checkpoint,
  options: DescriptionOptions,
): Promise<ModelDescription> {
  const index = await readModelIndex(folder);
  const pipeline = pipelineClassOf(index);
  if (!CHECKPOINT_PIPELINES.includes(pipeline)) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${folder} describes a ${pipeline}; checkpoints are read as ${CHECKPOINT_PIPELINES.join(', ')}`,
    );
  }
  if (pipelineLayoutOf(index, folder).isXl !== isXl(checkpoint)) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `${folder} describes a ${pipeline}, but ${checkpoint.path} is ${isXl(checkpoint) ? '' : 'not '}of Stable Diffusion XL`,
    );
  }
  const config = (name: string): Promise<NetworkConfig> =>
    readNetworkConfig(join(folder, name, 'config.json'));
  const textEncoders: DescribedTextEncoder[] = [];
  for (const stored of textEncodersOf(checkpoint)) {
    textEncoders.push({ stored, config: await config(stored.name) });
  }
  const scheduler = await readConfigFile(join(folder, 'scheduler', 'scheduler_config.json'), schedulerSchema);
  const { predictionType, tokenizer, vae } = options;
  const tokenizers = tokenizersIn(folder, index);
  return {
    index: withVae({ ...index, ...(isXl(checkpoint) ? ABSENT : ABSENT_OF_1_AND_2) }, vae),
    textEncoders,
    unet: await config('unet'),
    vae: vae?.config ?? (await config('vae')),
    schedulerConfig: { ...scheduler, ...(predictionType && { prediction_type: predictionType }) },
    tokenizers:
      tokenizer === undefined
        ? tokenizers
        : Object.fromEntries(Object.keys(tokenizers).map((name) => [name, { folder: tokenizer }])),
  };
}
