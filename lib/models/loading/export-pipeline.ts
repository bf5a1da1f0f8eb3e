import { join } from 'node:path';

import { ModelLoadError } from '../../common/errors.js';
import { parseOptions } from '../../common/options.js';
import { warn } from '../../common/warnings.js';
import type { NetworkConfig } from '../definitions/network-config.js';
import {
  COMPONENTS,
  isNamed,
  NETWORK_KEYS,
  networkClassOf,
  pipelineLayoutOf,
  type ModelIndex,
  type NetworkKey,
} from '../layout.js';
import type { ModelMetadata } from '../saving/save-metadata.js';
import {
  networkExports,
  type ComponentExport,
  type NetworkWeights,
  type ScaleFactor,
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
  requireComponent(folder, index, 'unet');
  requireComponent(folder, index, 'vae');
  const components: ComponentExport[] = [];
  const context = {
    clipSkip,
    hiddenStates: hiddenStates ?? isXl,
    isXl,
    tokens: await tokenLimit({ folder: join(folder, isXl ? 'tokenizer_2' : 'tokenizer') }),
    scaleFactor: await scaleFactorsOf(folder, isXl),
    others: components,
  };
  const found: Weights[] = [];
  const exportNetwork = async (key: NetworkKey, className: string): Promise<ComponentExport[]> => {
    const weights = await networkWeights(join(folder, key), COMPONENTS[key].weights, {
      weightFormat,
      variant,
    });
    found.push(weights);
    return networkExports(className, key, weights, context);
  };
  for (const key of NETWORK_KEYS) {
    if (key === 'safety_checker' && safetyChecker === null) continue;
    const className = networkClassOf(index, key, folder);
    if (className === undefined) continue;
    const exporting = exportNetwork(key, className);
    components.push(...(await (key === 'safety_checker' ? orWithout(folder, exporting) : exporting)));
  }
  checkVariant(folder, variant, found);
  const hasSafetyChecker = components.some(({ name }) => name === 'safety_checker');
  return {
    source: folder,
    index: hasSafetyChecker ? index : withoutSafetyChecker(index),
    components,
  };
}

/** A safety checker that cannot be loaded is left out with a warning: images can be generated without it. */
async function orWithout(folder: string, exporting: Promise<ComponentExport[]>): Promise<ComponentExport[]> {
  try {
    return await exporting;
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
async function scaleFactorsOf(folder: string, isXl: boolean): Promise<ScaleFactor> {
  if (isXl) return ({ forceUpcast }) => (forceUpcast ? '128.0' : undefined);
  // A scheduler that is missing or broken is reported by whoever needs it.
  const { prediction_type: type } = await schedulerConfigIn(folder).catch(() => ({
    prediction_type: undefined,
  }));
  return () => scaleFactorFor(type);
}
