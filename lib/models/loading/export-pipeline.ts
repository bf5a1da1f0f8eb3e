import { join } from 'node:path';

import { ModelLoadError } from '../../common/errors.js';
import { parseOptions } from '../../common/options.js';
import { warn } from '../../common/warnings.js';
import type { NetworkConfig } from '../definitions/network-config.js';
import {
  COMPONENTS,
  isNamed,
  networkClassOf,
  pipelineLayoutOf,
  type ModelIndex,
  type NetworkKey,
} from '../layout.js';
import type { ModelMetadata } from '../saving/save-metadata.js';
import {
  safetyCheckerExport,
  textEncoderExport,
  unetExport,
  vaeExports,
  type ComponentExport,
  type NetworkWeights,
} from './component-export.js';
import { exportOptionsSchema, type ExportOptions } from './export-options.js';
import { readModelIndex, schedulerConfigIn } from './model-folder.js';
import { networkWeights } from './network-weights.js';
import { warnMissingSafetyChecker } from './safety-checker-source.js';
import { tokenLimit } from './token-limit.js';
import { scaleFactorFor } from './vae-scale-factor.js';

/** A pipeline whose configurations were checked, ready to be built or saved. */
export interface PipelineExport extends ModelMetadata {
  readonly components: readonly ComponentExport[];
}

type Weights = NetworkWeights & { readonly variant: string | undefined };

/**
 * Reads a diffusers folder's configurations and finds its weights, so that OpenVINO networks can be built from it
 * without Python. Ports are named and typed as optimum-intel 2.2 exports them.
 *
 * @param folder - what diffusers' `save_pretrained` writes: Stable Diffusion 1.x, 2.x, XL, LCM or inpainting, with
 * weights in safetensors
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, or `UNSUPPORTED` naming what is not supported
 * @throws InvalidArgumentError
 * @example
 * ```ts
 * const pipeline = await exportPipeline('./stable-diffusion-v1-5', { weightFormat: 'fp16' });
 * await saveExport(pipeline, './sd15-ov');
 * ```
 */
export async function exportPipeline(folder: string, options: ExportOptions = {}): Promise<PipelineExport> {
  const {
    weightFormat = 'stored',
    variant,
    clipSkip = 0,
    hiddenStates,
    safetyChecker,
  } = parseOptions(exportOptionsSchema, options, 'exportPipeline');
  const index = await readModelIndex(folder);
  const { isXl } = pipelineLayoutOf(index, folder);
  const found: Weights[] = [];
  const source = async (key: NetworkKey): Promise<Weights> => {
    const weights = await networkWeights(join(folder, key), COMPONENTS[key].weights, {
      weightFormat,
      variant,
    });
    found.push(weights);
    return weights;
  };
  const textOptions = { clipSkip, hiddenStates: hiddenStates ?? isXl };
  const texts = [];
  for (const key of ['text_encoder', 'text_encoder_2'] as const) {
    const className = networkClassOf(index, key, folder);
    if (className === undefined) continue;
    const projects = className === 'CLIPTextModelWithProjection';
    texts.push(textEncoderExport(key, await source(key), projects, textOptions));
  }
  requireComponent(folder, index, 'unet');
  requireComponent(folder, index, 'vae');
  const components: ComponentExport[] = [
    ...texts,
    unetExport(await source('unet'), {
      tokens: await tokenLimit({ folder: join(folder, isXl ? 'tokenizer_2' : 'tokenizer') }),
      textEmbedsWidth: isXl ? texts.at(-1)?.projectionDim : undefined,
    }),
    ...vaeExports(await source('vae'), await scaleFactors(folder, isXl)),
  ];
  if (safetyChecker !== null) components.push(...(await safetyCheckers(folder, index, source)));
  checkVariant(folder, variant, found);
  const hasSafetyChecker = components.some(({ name }) => name === 'safety_checker');
  return {
    source: folder,
    index: hasSafetyChecker ? index : withoutSafetyChecker(index),
    components,
  };
}

/** A safety checker that cannot be loaded is left out with a warning: images can be generated without it. */
async function safetyCheckers(
  folder: string,
  index: ModelIndex,
  source: (key: NetworkKey) => Promise<Weights>,
): Promise<ComponentExport[]> {
  if (networkClassOf(index, 'safety_checker', folder) === undefined) return [];
  try {
    return [safetyCheckerExport(await source('safety_checker'))];
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    warnMissingSafetyChecker(folder, error);
    return [];
  }
}

function withoutSafetyChecker(index: ModelIndex): ModelIndex {
  return isNamed(index, 'safety_checker') ? { ...index, safety_checker: [null, null] } : index;
}

function requireComponent(folder: string, index: ModelIndex, key: 'unet' | 'vae'): void {
  if (networkClassOf(index, key, folder) !== undefined) return;
  throw new ModelLoadError('CONFIG_INVALID', `Expected ${join(folder, 'model_index.json')} to name a ${key}`);
}

/**
 * As in diffusers, a component without the variant is taken without it, but not all of them.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND` where no component has the variant
 */
function checkVariant(folder: string, variant: string | undefined, found: readonly Weights[]): void {
  if (variant === undefined) return;
  const without = found.filter((weights) => weights.variant !== variant);
  if (without.length === 0) return;
  if (without.length === found.length) {
    throw new ModelLoadError(
      'MODEL_NOT_FOUND',
      `No component of ${folder} has weights of the variant '${variant}'`,
    );
  }
  const paths = without.map(({ config }: { config: NetworkConfig }) => config.path).join(', ');
  warn(
    'VARIANT_FALLBACK',
    `Weights without a variant are used where there are none of '${variant}': ${paths}`,
  );
}

/** As optimum-intel chooses it: the VAEs of SDXL and of v-prediction models leave the range of f16. */
async function scaleFactors(
  folder: string,
  isXl: boolean,
): Promise<(config: { forceUpcast: boolean }) => string | undefined> {
  if (isXl) return ({ forceUpcast }) => (forceUpcast ? '128.0' : undefined);
  // A scheduler that is missing or broken is reported by whoever needs it.
  const { prediction_type: type } = await schedulerConfigIn(folder).catch(() => ({
    prediction_type: undefined,
  }));
  return () => scaleFactorFor(type);
}
