import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { InvalidArgumentError, ModelLoadError } from '../../common/errors.js';
import type { Core } from '../../runtime/index.js';
import type { PretrainedModel } from '../pretrained-model.js';
import { exportedModel, type ConversionOptions } from './exported-model.js';
import { exportFolder } from './export-pipeline.js';
import { isOpenvinoFolder, openOpenvinoFolder } from './openvino-folder.js';
import { exportCheckpoint, type SingleFileExportOptions } from './single-file/export-single-file.js';
import type { ReplacementVae } from './vae/replacement-vae.js';

/** What decides how a folder is opened. */
export interface OpenFolderOptions extends ConversionOptions {
  /** Whether networks are built from weights in safetensors, or read from OpenVINO IR. Default: what is there. */
  readonly export?: boolean | undefined;
  readonly variant?: string | undefined;
  readonly safetyChecker?: null | undefined;
  /** In place of the model's own. */
  readonly vae?: ReplacementVae | undefined;
}

/** What decides how a checkpoint is opened. */
export interface OpenSingleFileOptions extends Omit<SingleFileExportOptions, 'vae'> {
  readonly scratchDir?: string | undefined;
  /** In place of the checkpoint's own. */
  readonly vae?: ReplacementVae | undefined;
}

/**
 * Opens a model's folder, in diffusers' layout or in OpenVINO's.
 *
 * @throws ModelLoadError naming what is missing, broken or not supported
 * @throws InvalidArgumentError for options of an export where nothing is exported
 */
export async function openFolder(
  folder: string,
  options: OpenFolderOptions,
  core: Core,
): Promise<PretrainedModel> {
  const { weightFormat, variant, clipSkip, scratchDir, safetyChecker, vae } = options;
  if (await needsExport(folder, options.export)) {
    const exported = await exportFolder(folder, { weightFormat, variant, clipSkip, safetyChecker }, vae);
    return exportedModel(exported, { weightFormat, clipSkip, scratchDir });
  }
  const ofVae = vae?.isBuilt ? {} : { weightFormat, variant };
  const unused = Object.entries({ ...ofVae, clipSkip }).find(([, value]) => value !== undefined);
  if (unused) {
    throw new InvalidArgumentError(
      `The option '${unused[0]}' applies when a model is exported, and ${folder} is exported already`,
    );
  }
  return openOpenvinoFolder(folder, core, { safetyChecker, variant, scratchDir, vae });
}

/**
 * Opens an original checkpoint, one file of all networks.
 *
 * @throws ModelLoadError naming what is missing, broken or not supported
 */
export async function openSingleFile(path: string, options: OpenSingleFileOptions): Promise<PretrainedModel> {
  const { vae, scratchDir, ...others } = options;
  return exportedModel(await exportCheckpoint(path, others, vae), { ...others, scratchDir });
}

async function needsExport(folder: string, wanted: boolean | undefined): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile()) {
    throw new ModelLoadError('UNSUPPORTED', `${folder} is a file; load checkpoints with fromSingleFile`);
  }
  if (!found?.isDirectory()) throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder}`);
  if (wanted === false) return false;
  const isExported = await isOpenvinoFolder(folder);
  const hasWeights = await isDiffusersFolder(folder);
  if (wanted === undefined) return hasWeights && !isExported;
  if (isExported && !hasWeights) {
    throw new ModelLoadError('UNSUPPORTED', `${folder} is exported already; load it without 'export: true'`);
  }
  return true;
}

/** Whether a folder's UNet has weights in safetensors. */
async function isDiffusersFolder(folder: string): Promise<boolean> {
  const files = await readdir(join(folder, 'unet')).catch(() => []);
  return files.some((file) => file.includes('.safetensors'));
}
