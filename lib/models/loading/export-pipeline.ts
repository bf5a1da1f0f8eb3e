import { join } from 'node:path';

import { ModelLoadError } from '../../common/errors.js';
import { parseOptions } from '../../common/options.js';
import {
  COMPONENTS,
  NETWORK_KEYS,
  networkClassOf,
  pipelineLayoutOf,
  type ModelIndex,
  type NetworkKey,
} from '../layout.js';
import type { ModelMetadata } from '../saving/save-metadata.js';
import { checkVariant, type VariantWeights } from './check-variant.js';
import { networkExports, type ComponentExport } from './component-export.js';
import { exportOptionsSchema, type ExportOptions } from './export-options.js';
import { readModelIndex } from './model-folder.js';
import { networkWeights } from './network-weights.js';
import { warnMissingSafetyChecker, withoutSafetyChecker } from './safety-checker-source.js';
import { tokenLimit } from './token-limit.js';
import { scaleFactorIn } from './vae-scale-factor.js';
import { openVae } from './vae/open-vae.js';
import { replaceVae, withVae, type ReplacementVae } from './vae/replacement-vae.js';

/** A pipeline whose configurations were checked, ready to be built or saved. */
export interface PipelineExport extends ModelMetadata {
  readonly components: readonly ComponentExport[];
  /** Whether `schedulerConfig` is what a model's folder says, which is corrected when it is saved. Default: false. */
  readonly hasFolderScheduler?: boolean;
}

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
  const { vae, ...parsed } = parseOptions(exportOptionsSchema, options, 'exportPipeline');
  return exportFolder(folder, parsed, vae === undefined ? undefined : await openVae(vae, parsed));
}

/**
 * `exportPipeline` with options that were checked.
 *
 * @param vae - in place of the folder's own, which is not looked at then
 */
export async function exportFolder(
  folder: string,
  options: Omit<ExportOptions, 'vae'>,
  vae: ReplacementVae | undefined,
): Promise<PipelineExport> {
  const { weightFormat = 'stored', variant, clipSkip = 0, hiddenStates, safetyChecker } = options;
  const index = await readModelIndex(folder);
  const { isXl } = pipelineLayoutOf(index, folder);
  requireComponent(folder, index, 'unet');
  if (!vae) requireComponent(folder, index, 'vae');
  const components: ComponentExport[] = [];
  const context = {
    clipSkip,
    hiddenStates: hiddenStates ?? isXl,
    isXl,
    tokens: await tokenLimit({ folder: join(folder, isXl ? 'tokenizer_2' : 'tokenizer') }),
    scaleFactor: await scaleFactorIn(folder, isXl),
    others: components,
  };
  const found: VariantWeights[] = vae?.found ? [vae.found] : [];
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
    if (key === 'vae' && vae) {
      const unet = components.find(({ name }) => name === 'unet');
      components.push(...replaceVae(vae, unet?.config ?? {}, folder, context.scaleFactor));
      continue;
    }
    const className = networkClassOf(index, key, folder);
    if (className === undefined) continue;
    const exporting = exportNetwork(key, className);
    components.push(...(await (key === 'safety_checker' ? orWithout(folder, exporting) : exporting)));
  }
  checkVariant(folder, variant, found);
  const hasSafetyChecker = components.some(({ name }) => name === 'safety_checker');
  return {
    source: folder,
    index: withVae(hasSafetyChecker ? index : withoutSafetyChecker(index), vae),
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

function requireComponent(folder: string, index: ModelIndex, key: 'unet' | 'vae'): void {
  if (networkClassOf(index, key, folder) !== undefined) return;
  throw new ModelLoadError('CONFIG_INVALID', `Expected ${join(folder, 'model_index.json')} to name a ${key}`);
}
