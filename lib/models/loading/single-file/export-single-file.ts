import { z } from 'zod';

import { ModelLoadError } from '../../../common/errors.js';
import { fileExists } from '../../../common/file-exists.js';
import { parseOptions, wrongValue } from '../../../common/options.js';
import { autoencoderKlConfigSchema } from '../../definitions/autoencoder-kl.js';
import { clipTextConfigSchema } from '../../definitions/clip/text-model.js';
import { textEncoderExport, unetExport, vaeExports, type NetworkSource } from '../component-export.js';
import { scaleFactorFor, tokenLimit, type ExportOptions, type PipelineExport } from '../export-pipeline.js';
import { checkNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import type { TokenizerSource } from '../../saving/save-metadata.js';
import { UNET_SUPPORTED, unetConfigSchema } from '../../definitions/unet/config.js';
import { WEIGHT_FORMATS } from '../../weights/formats.js';
import type { WeightNaming } from '../../weights/naming.js';
import { Checkpoint } from './checkpoint.js';
import { inferDescription, readDescription } from './model-description.js';
import { refuseOthers, refusePickle } from './refuse-others.js';
import { PREDICTION_TYPES, type PredictionType } from './scheduler-config.js';
import { isOpenClip } from './text-config.js';
import { CLIP_NAMING, OPEN_CLIP_NAMING } from './text-naming.js';
import { unetNaming } from './unet-naming.js';
import { vaeNaming } from './vae-naming.js';

export interface SingleFileExportOptions extends Omit<ExportOptions, 'variant'> {
  /**
   * What the UNet was trained to predict, which the file does not tell. Default, as in diffusers: 'v_prediction' for
   * 2.x, unless the file counts the 875,000 steps of 2.0's base model; 'epsilon' for all others.
   */
  predictionType?: PredictionType | undefined;
  /**
   * A folder in diffusers' layout whose configurations, scheduler and tokenizer are taken. Default: they are inferred
   * from the shapes of the tensors.
   */
  config?: string | undefined;
  /** A folder with the model's tokenizer. Default: that of `config`, else CLIP's own, padding as the model does. */
  tokenizer?: string | undefined;
}

/** A checkpoint that was found good; it brings its tokenizer and its scheduler from elsewhere. */
export interface SingleFileExport extends PipelineExport {
  readonly tokenizer: TokenizerSource;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
}

/** Schemas of those options that loading a pipeline has too. */
export const checkpointOptionSchemas = {
  predictionType: z
    .enum(PREDICTION_TYPES)
    .optional()
    .describe(PREDICTION_TYPES.map((type) => `'${type}'`).join(' or ')),
  config: z.string().min(1).optional().describe('a path'),
  tokenizer: z.string().min(1).optional().describe('a path'),
};

const optionsSchema = z.strictObject({
  ...checkpointOptionSchemas,
  weightFormat: z
    .enum(WEIGHT_FORMATS)
    .default('stored')
    .describe(`one of ${WEIGHT_FORMATS.join(', ')}`),
  clipSkip: z.int().min(0).default(0).describe('a whole number of layers, at least 0'),
  hiddenStates: z.boolean().default(false).describe('a boolean'),
});

/**
 * Reads an original checkpoint, one file of all networks, so that OpenVINO models can be made of it. Its weights stay
 * in the file until then. Averages of a training (`model_ema.*`), its schedule and the like are left aside.
 *
 * @param path - a safetensors file of Stable Diffusion 1.x or 2.x, for text to image or inpainting
 * @see diffusers' `from_single_file`
 * @throws ModelLoadError `UNSUPPORTED` naming what else the file is, `MODEL_NOT_FOUND`, `MODEL_CORRUPT`,
 * `CONFIG_INVALID`, `INCOMPATIBLE_COMPONENTS`
 * @throws InvalidArgumentError
 */
export async function exportSingleFile(
  path: string,
  options: SingleFileExportOptions = {},
): Promise<SingleFileExport> {
  if (typeof path !== 'string' || path === '') throw wrongValue('a path', 'path', path);
  const { weightFormat, clipSkip, hiddenStates, predictionType, config, tokenizer } = parseOptions(
    optionsSchema,
    options,
    'exportSingleFile',
  );
  refusePickle(path);
  const checkpoint = new Checkpoint(path);
  refuseOthers(checkpoint);
  const model =
    config === undefined
      ? inferDescription(checkpoint, { predictionType, tokenizer })
      : await readDescription(config, { predictionType, tokenizer });

  await requireTokenizer(model.tokenizer);
  const source = (description: NetworkConfig, naming: WeightNaming): NetworkSource => ({
    config: description,
    weights: { files: [path], format: weightFormat, naming },
  });
  const unet = checkNetworkConfig(model.unet, unetConfigSchema, UNET_SUPPORTED);
  const vae = checkNetworkConfig(model.vae, autoencoderKlConfigSchema);
  const text = checkNetworkConfig(model.textEncoder, clipTextConfigSchema);
  requireFit(path, text.hidden_size, unet.levels[0]?.crossAttentionDim);
  return {
    source: path,
    tokenizer: model.tokenizer,
    index: model.index,
    schedulerConfig: model.schedulerConfig,
    components: [
      textEncoderExport(
        'text_encoder',
        source(model.textEncoder, isOpenClip(checkpoint) ? OPEN_CLIP_NAMING : CLIP_NAMING),
        false,
        { clipSkip, hiddenStates },
      ),
      unetExport(source(model.unet, unetNaming(unet)), {
        tokens: await tokenLimit(model.tokenizer),
      }),
      ...vaeExports(source(model.vae, vaeNaming(vae.block_out_channels.length)), () =>
        scaleFactorFor(model.schedulerConfig.prediction_type),
      ),
    ],
  };
}

/** @throws ModelLoadError `MODEL_NOT_FOUND` */
async function requireTokenizer({ folder }: TokenizerSource): Promise<void> {
  if (await fileExists(folder)) return;
  throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder} with a tokenizer`);
}

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` */
function requireFit(path: string, width: number, wanted: number | undefined): void {
  if (width === wanted) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `The text encoder of ${path} gives states of width ${width} but its UNet takes ${wanted}`,
  );
}
