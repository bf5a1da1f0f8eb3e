import { z } from 'zod';

import { fileExists } from '../../../common/file-exists.js';
import { path as pathField } from '../../../common/fields.js';
import { ModelLoadError } from '../../../common/errors.js';
import { optionsSchema, parseOptions, wrongValue } from '../../../common/options.js';
import { autoencoderKlConfigSchema, VAE_SUPPORTED } from '../../definitions/autoencoder-kl.js';
import { clipTextConfigSchema } from '../../definitions/clip/text-model.js';
import { checkNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import { UNET_SUPPORTED, unetConfigSchema } from '../../definitions/unet/config.js';
import type { TokenizerSource } from '../../tokenizer-source.js';
import type { WeightNaming } from '../../weights/naming.js';
import {
  textEncoderExport,
  unetExport,
  vaeExports,
  type NetworkWeights,
  type ScaleFactor,
} from '../component-export.js';
import { exportOptionFields, type ExportOptions } from '../export-options.js';
import type { PipelineExport } from '../export-pipeline.js';
import { tokenLimit } from '../token-limit.js';
import { scaleFactorFor, xlScaleFactor } from '../vae-scale-factor.js';
import { Checkpoint } from './checkpoint.js';
import { inferDescription, readDescription, type ModelDescription } from './model-description.js';
import { refuseOthers, refusePickle } from './refuse-others.js';
import { PREDICTION_TYPES, type PredictionType } from './scheduler-config.js';
import { isXl } from './text-encoders.js';
import { textNaming } from './text-naming.js';
import { unetNaming } from './unet-naming.js';
import { openVae } from '../vae/open-vae.js';
import { replaceVae, type ReplacementVae } from '../vae/replacement-vae.js';
import { vaeNaming } from './vae-naming.js';

/** Options of `exportSingleFile`. */
export interface SingleFileExportOptions extends Omit<ExportOptions, 'variant' | 'safetyChecker'> {
  /**
   * What the UNet was trained to predict, which the file does not say. Default, as in diffusers: 'v_prediction' for
   * 2.x, unless the file counts the 875,000 steps of 2.0's base model; 'epsilon' for all others, XL included.
   */
  predictionType?: PredictionType | undefined;
  /**
   * A folder in diffusers' layout whose configurations, scheduler and tokenizer are taken. Default: they are inferred
   * from the shapes of the tensors.
   */
  config?: string | undefined;
  /**
   * A folder with the model's tokenizer, or with both of XL's. Default: that of `config`, else CLIP's own, padding as the
   * model does.
   */
  tokenizer?: string | undefined;
}

/** A checkpoint whose tensors were checked, with the tokenizer and the scheduler that it does not hold. */
export interface SingleFileExport extends PipelineExport {
  readonly tokenizers: ModelDescription['tokenizers'];
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
}

/** Fields that loading a checkpoint as a pipeline has too. */
export const checkpointFields = {
  predictionType: z
    .enum(PREDICTION_TYPES)
    .describe(PREDICTION_TYPES.map((type) => `'${type}'`).join(' or '))
    .optional(),
  config: pathField.optional(),
  tokenizer: pathField.optional(),
};

const schema = optionsSchema<SingleFileExportOptions>()({
  ...checkpointFields,
  weightFormat: exportOptionFields.weightFormat,
  clipSkip: exportOptionFields.clipSkip,
  hiddenStates: exportOptionFields.hiddenStates,
  vae: exportOptionFields.vae,
});

/**
 * Reads an original checkpoint, one file of all networks, so that OpenVINO networks can be built from it. Its
 * weights stay in the file until then. Averages of a training (`model_ema.*`), its schedule and the like are ignored.
 *
 * @param path - a safetensors file of Stable Diffusion 1.x, 2.x or XL (base, refiner, inpainting)
 * @see diffusers' `from_single_file`
 * @throws ModelLoadError `UNSUPPORTED` naming what else the file is, `MODEL_NOT_FOUND`, `MODEL_CORRUPT`,
 * `CONFIG_INVALID`, `INCOMPATIBLE_COMPONENTS`
 * @throws InvalidArgumentError
 * @example
 * ```ts
 * await saveExport(await exportSingleFile('./model.safetensors', { weightFormat: 'fp16' }), './model-ov');
 * ```
 */
export async function exportSingleFile(
  path: string,
  options: SingleFileExportOptions = {},
): Promise<SingleFileExport> {
  if (typeof path !== 'string' || path === '') throw wrongValue('a path', 'path', path);
  const { vae, ...parsed } = parseOptions(schema, options, 'exportSingleFile');
  return exportCheckpoint(path, parsed, vae === undefined ? undefined : await openVae(vae, parsed));
}

/**
 * `exportSingleFile` with options that were checked.
 *
 * @param replacement - in place of the checkpoint's own VAE, which is not looked at then
 */
export async function exportCheckpoint(
  path: string,
  options: Omit<SingleFileExportOptions, 'vae'>,
  replacement: ReplacementVae | undefined,
): Promise<SingleFileExport> {
  const { weightFormat = 'stored', clipSkip = 0, hiddenStates, config } = options;
  const { predictionType, tokenizer } = options;
  refusePickle(path);
  const checkpoint = new Checkpoint(path);
  refuseOthers(checkpoint, { needsVae: !replacement });
  const given = { predictionType, tokenizer, vae: replacement };
  const model =
    config === undefined
      ? inferDescription(checkpoint, given)
      : await readDescription(config, checkpoint, given);

  const xl = isXl(checkpoint);
  for (const source of Object.values(model.tokenizers)) await requireTokenizer(source);
  const source = (description: NetworkConfig, naming: WeightNaming): NetworkWeights => ({
    config: description,
    weights: { files: [path], format: weightFormat, naming },
  });
  const unet = checkNetworkConfig(model.unet, unetConfigSchema, UNET_SUPPORTED);
  const texts = model.textEncoders.map(({ config }) => checkNetworkConfig(config, clipTextConfigSchema));
  requireFit(
    path,
    texts.map((text) => text.hidden_size),
    unet.levels[0]?.crossAttentionDim,
  );
  const textEncoders = model.textEncoders.map(({ stored, config }) =>
    textEncoderExport(stored.name, source(config, textNaming(stored)), stored.hasProjection, {
      clipSkip,
      hiddenStates: hiddenStates ?? xl,
    }),
  );
  const scaleFactor: ScaleFactor = ({ forceUpcast }) =>
    xl ? xlScaleFactor(forceUpcast) : scaleFactorFor(model.schedulerConfig.prediction_type);
  return {
    source: path,
    tokenizers: model.tokenizers,
    index: model.index,
    schedulerConfig: model.schedulerConfig,
    hasFolderScheduler: config !== undefined,
    components: [
      ...textEncoders,
      unetExport(source(model.unet, unetNaming(unet)), {
        tokens: await tokenLimit(model.tokenizers.tokenizer_2 ?? model.tokenizers.tokenizer),
        textEmbedsWidth: xl ? textEncoders.at(-1)?.projectionDim : undefined,
      }),
      ...(replacement
        ? replaceVae(replacement, model.unet.raw, path, scaleFactor)
        : vaeExports(source(model.vae, vaeNaming(vaeLevels(model.vae))), scaleFactor)),
    ],
  };
}

function vaeLevels(config: NetworkConfig): number {
  return checkNetworkConfig(config, autoencoderKlConfigSchema, VAE_SUPPORTED).block_out_channels.length;
}

/** @throws ModelLoadError `MODEL_NOT_FOUND` */
async function requireTokenizer({ folder }: TokenizerSource): Promise<void> {
  if (await fileExists(folder)) return;
  throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder} with a tokenizer`);
}

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` */
function requireFit(path: string, widths: readonly number[], wanted: number | undefined): void {
  if (widths.reduce((sum, width) => sum + width, 0) === wanted) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `${widths.length > 1 ? 'The text encoders' : 'The text encoder'} of ${path} ${widths.length > 1 ? 'give' : 'gives'} ` +
      `states of width ${widths.join(' + ')} but its UNet takes ${wanted}`,
  );
}
