import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../../common/config-file.js';
import { ModelLoadError } from '../../../common/errors.js';
import { readNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import { pipelineClassOf, type ModelIndex } from '../../layout.js';
import type { TokenizerSource } from '../../tokenizer-source.js';
import { readModelIndex } from '../model-folder.js';
import type { Checkpoint } from './checkpoint.js';
import { CLIP_VOCABULARY_SIZE, clipTokenizer } from './clip-tokenizer.js';
import { predictionTypeOf, schedulerConfigOf, type PredictionType } from './scheduler-config.js';
import { isOpenClip, textConfigOf } from './text-config.js';
import { unetConfigOf } from './unet-config.js';
import { vaeConfigOf, vaeScaleFactorOf } from './vae-config.js';
import { withVae, type ReplacementVae } from '../vae/replacement-vae.js';

/** All that a model is but its weights. */
export interface ModelDescription {
  readonly index: ModelIndex;
  readonly textEncoder: NetworkConfig;
  readonly unet: NetworkConfig;
  readonly vae: NetworkConfig;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
  readonly tokenizer: TokenizerSource;
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
  requires_safety_checker: false,
  safety_checker: [null, null],
};

const CHECKPOINT_PIPELINES = [
  'StableDiffusionPipeline',
  'StableDiffusionImg2ImgPipeline',
  'StableDiffusionInpaintPipeline',
];

const schedulerSchema = z.looseObject({ _class_name: z.string() });

/**
 * Describes a checkpoint by its tensors' shapes and, in what these do not show, as diffusers does: after Stable
 * Diffusion 1.5, or 2.1 where the text encoder is OpenCLIP's.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor is missing, `INCOMPATIBLE_COMPONENTS` where CLIP's tokenizer
 * does not fit
 */
export function inferDescription(checkpoint: Checkpoint, options: DescriptionOptions): ModelDescription {
  const is2 = isOpenClip(checkpoint);
  const textEncoder = textConfigOf(checkpoint);
  if (options.tokenizer === undefined && Number(textEncoder.vocab_size) < CLIP_VOCABULARY_SIZE) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The text encoder in ${checkpoint.path} knows ${String(textEncoder.vocab_size)} tokens, CLIP's vocabulary has ` +
        `${CLIP_VOCABULARY_SIZE}; its own can be given with the option 'tokenizer'`,
    );
  }
  const unet = unetConfigOf(checkpoint);
  const isInpaint = unet.in_channels === 9;
  const predictionType = options.predictionType ?? predictionTypeOf(is2 && !isInpaint, checkpoint.globalStep);
  // The models of 2.x that predict velocities are those for 768 pixels.
  const side = is2 && predictionType === 'v_prediction' ? 768 : 512;
  const { path } = checkpoint;
  const { vae } = options;
  const factor = vae?.scaleFactor ?? vaeScaleFactorOf(checkpoint);
  return {
    index: {
      _class_name: isInpaint ? 'StableDiffusionInpaintPipeline' : 'StableDiffusionPipeline',
      ...ABSENT,
      text_encoder: ['transformers', 'CLIPTextModel'],
      tokenizer: ['transformers', 'CLIPTokenizer'],
      unet: ['diffusers', 'UNet2DConditionModel'],
      vae: ['diffusers', 'AutoencoderKL'],
    },
    textEncoder: { path, raw: textEncoder },
    unet: { path, raw: { ...unet, sample_size: side / factor } },
    vae: vae?.config ?? { path, raw: vaeConfigOf(checkpoint, side) },
    schedulerConfig: schedulerConfigOf(is2 && !isInpaint, predictionType),
    tokenizer:
      options.tokenizer === undefined
        ? clipTokenizer(is2 ? '!' : '<|endoftext|>')
        : { folder: options.tokenizer },
  };
}

/**
 * Reads the description from a folder in diffusers' layout, whose weights are of no interest.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `UNSUPPORTED`
 */
export async function readDescription(
  folder: string,
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
  const config = (name: string): Promise<NetworkConfig> =>
    readNetworkConfig(join(folder, name, 'config.json'));
  const scheduler = await readConfigFile(join(folder, 'scheduler', 'scheduler_config.json'), schedulerSchema);
  const { predictionType, tokenizer = join(folder, 'tokenizer'), vae } = options;
  return {
    index: withVae({ ...index, ...ABSENT }, vae),
    textEncoder: await config('text_encoder'),
    unet: await config('unet'),
    vae: vae?.config ?? (await config('vae')),
    schedulerConfig: { ...scheduler, ...(predictionType && { prediction_type: predictionType }) },
    tokenizer: { folder: tokenizer },
  };
}
