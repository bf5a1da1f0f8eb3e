import { join } from 'node:path';
import { z } from 'zod';

import { checkConfig, readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';
import { parseOptions } from '../../common/options.js';
import {
  safetyCheckerExport,
  textEncoderExport,
  unetExport,
  vaeExports,
  type ComponentExport,
  type NetworkSource,
} from './component-export.js';
import { readNetworkConfig } from '../definitions/network-config.js';
import type { SavedRest, TokenizerSource } from '../saving/save-metadata.js';
import { findWeightFiles } from '../weights/files.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../weights/formats.js';

export interface ExportOptions {
  /** How weights are laid down. Default: 'stored'. */
  weightFormat?: WeightFormat | undefined;
  /** Which files of weights are read, e.g. 'fp16' for `*.fp16.safetensors`. Default: those without a variant. */
  variant?: string | undefined;
  /** Layers of the text encoder left out at the end, for models trained so. Default: 0. */
  clipSkip?: number | undefined;
  /** Whether text encoders give every layer's states. Default: for SDXL, which needs them. */
  hiddenStates?: boolean | undefined;
}

/** A pipeline that was found good, ready to be built or saved. */
export interface PipelineExport extends SavedRest {
  readonly components: readonly ComponentExport[];
}

const optionsSchema = z.strictObject({
  weightFormat: z
    .enum(WEIGHT_FORMATS)
    .default('stored')
    .describe(`one of ${WEIGHT_FORMATS.join(', ')}`),
  variant: z
    .string()
    .regex(/^[\w-]+$/)
    .optional()
    .describe("a variant's name such as 'fp16'"),
  clipSkip: z.int().min(0).default(0).describe('a whole number of layers, at least 0'),
  hiddenStates: z.boolean().optional().describe('a boolean'),
});

const PIPELINES = /^(StableDiffusion(XL)?(Img2Img|Inpaint)?|LatentConsistencyModel(Img2Img)?)Pipeline$/;

const TRANSFORMERS_WEIGHTS = 'model';
const DIFFUSERS_WEIGHTS = 'diffusion_pytorch_model';

const CLASSES = {
  text_encoder: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
  text_encoder_2: ['CLIPTextModelWithProjection'],
  unet: ['UNet2DConditionModel'],
  vae: ['AutoencoderKL'],
  safety_checker: ['StableDiffusionSafetyChecker'],
} as const;

const indexSchema = z.looseObject({ _class_name: z.string() });
const schedulerSchema = z.looseObject({ prediction_type: z.string().optional() });
const tokenizerSchema = z.looseObject({ model_max_length: z.number().optional() });

/** Tokenizers without a limit say so with an astronomical one. */
const MAX_TOKENS = 100_000;
const TOKENIZER_CONFIG = 'tokenizer_config.json';

/**
 * Reads a diffusers folder's configurations and finds its weights, so that OpenVINO models can be made of it without
 * Python. Ports are named and typed as optimum-intel 2.2 exports them.
 *
 * @param folder - what diffusers' `save_pretrained` writes: Stable Diffusion 1.x, 2.x, XL, LCM or inpainting, with
 * weights in safetensors
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, or `UNSUPPORTED` naming what is not supported
 * @throws InvalidArgumentError
 */
export async function exportPipeline(folder: string, options: ExportOptions = {}): Promise<PipelineExport> {
  const { weightFormat, variant, clipSkip, hiddenStates } = parseOptions(
    optionsSchema,
    options,
    'exportPipeline',
  );
  const index = await readConfigFile(join(folder, 'model_index.json'), indexSchema);
  const pipeline = index._class_name;
  if (!PIPELINES.test(pipeline)) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${folder} holds a ${pipeline}; supported are StableDiffusion, StableDiffusionXL and LatentConsistencyModel pipelines`,
    );
  }
  const isXl = pipeline.startsWith('StableDiffusionXL');
  const source = (name: string, weights: string): Promise<NetworkSource> =>
    networkSource(join(folder, name), weights, { weightFormat, variant });
  const textOptions = { clipSkip, hiddenStates: hiddenStates ?? isXl };
  const texts = [];
  for (const name of ['text_encoder', 'text_encoder_2'] as const) {
    const className = classOf(folder, index, name);
    if (className === undefined) continue;
    const projects = className === 'CLIPTextModelWithProjection';
    texts.push(textEncoderExport(name, await source(name, TRANSFORMERS_WEIGHTS), projects, textOptions));
  }
  requireComponent(folder, index, 'unet');
  requireComponent(folder, index, 'vae');
  const components: ComponentExport[] = [
    ...texts,
    unetExport(await source('unet', DIFFUSERS_WEIGHTS), {
      tokens: await tokenLimit({ folder: join(folder, isXl ? 'tokenizer_2' : 'tokenizer') }),
      textEmbedsWidth: isXl ? texts.at(-1)?.projectionDim : undefined,
    }),
    ...vaeExports(await source('vae', DIFFUSERS_WEIGHTS), await scaleFactors(folder, isXl)),
  ];
  if (classOf(folder, index, 'safety_checker') !== undefined) {
    components.push(safetyCheckerExport(await source('safety_checker', TRANSFORMERS_WEIGHTS)));
  }
  return { source: folder, index, components };
}

/**
 * A network in a folder of its own.
 *
 * @param name - of its weights, without ending
 * @throws ModelLoadError
 */
export async function networkSource(
  folder: string,
  name: string,
  { weightFormat, variant }: { weightFormat: WeightFormat; variant?: string | undefined },
): Promise<NetworkSource> {
  const config = await readNetworkConfig(join(folder, 'config.json'));
  return { config, weights: { files: await findWeightFiles(folder, name, variant), format: weightFormat } };
}

/**
 * The class model_index.json gives a component, or undefined where there is none.
 *
 * @throws ModelLoadError `UNSUPPORTED` for another class than can be exported
 */
function classOf(
  folder: string,
  index: Readonly<Record<string, unknown>>,
  name: keyof typeof CLASSES,
): string | undefined {
  const entry = index[name];
  const className: unknown = Array.isArray(entry) ? entry[1] : undefined;
  if (className === undefined || className === null) return undefined;
  const known: readonly unknown[] = CLASSES[name];
  if (typeof className === 'string' && known.includes(className)) return className;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The ${name} of ${folder} is of class ${JSON.stringify(className)}; supported is ${known.join(' or ')}`,
  );
}

function requireComponent(
  folder: string,
  index: Readonly<Record<string, unknown>>,
  name: 'unet' | 'vae',
): void {
  if (classOf(folder, index, name) !== undefined) return;
  throw new ModelLoadError(
    'CONFIG_INVALID',
    `Expected ${join(folder, 'model_index.json')} to name a ${name}`,
  );
}

/** Tokens of a prompt, where the tokenizer says so. */
export async function tokenLimit({ folder, files }: TokenizerSource): Promise<number | undefined> {
  const path = join(folder, TOKENIZER_CONFIG);
  const given = files?.[TOKENIZER_CONFIG];
  const config = given
    ? checkConfig(path, given, tokenizerSchema)
    : await readConfigFile(path, tokenizerSchema).catch(() => undefined);
  const limit = config?.model_max_length;
  return limit !== undefined && Number.isInteger(limit) && limit > 0 && limit < MAX_TOKENS
    ? limit
    : undefined;
}

/** As optimum-intel chooses it: the VAEs of SDXL and of v-prediction models leave the range of f16. */
async function scaleFactors(
  folder: string,
  isXl: boolean,
): Promise<(config: { forceUpcast: boolean }) => string | undefined> {
  if (isXl) return ({ forceUpcast }) => (forceUpcast ? '128.0' : undefined);
  const scheduler = await readConfigFile(join(folder, 'scheduler', 'scheduler_config.json'), schedulerSchema);
  return () => scaleFactorFor(scheduler.prediction_type);
}

/** What VAEs of Stable Diffusion 1.x and 2.x divide activations by in f16. */
export function scaleFactorFor(predictionType: unknown): string | undefined {
  return predictionType === 'v_prediction' ? '8.0' : undefined;
}
