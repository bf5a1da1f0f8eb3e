import { stat } from 'node:fs/promises';

import { InvalidArgumentError, ModelLoadError } from '../../common/errors.js';
import { locateModel } from '../../hub/index.js';
import type { Core } from '../../runtime/index.js';
import { isDiffusersFolder, openDiffusersFolder } from './diffusers-folder.js';
import { readIndex, type ModelFolder } from './model-folder.js';
import { isOpenvinoFolder, openOpenvinoFolder } from './openvino-folder.js';
import type { PipelineOptions } from '../../pipelines/pipeline-options.js';

/**
 * Opens a model: a folder, or a model of the hub, which is downloaded; in whichever layout it is, or is said to be by
 * `export`.
 *
 * @throws ModelLoadError; HubError and SaveError where there is no such folder
 * @throws InvalidArgumentError for options of the export where there is none
 */
export async function openModel(
  idOrFolder: string,
  options: PipelineOptions,
  core: Core,
): Promise<ModelFolder> {
  const { revision, token, hubCacheDir, localFilesOnly, variant, signal, onProgress } = options;
  const folder = await locateModel(
    idOrFolder,
    {
      ...{ revision, token, hubCacheDir, localFilesOnly, variant, signal, export: options.export },
      onProgress: (progress) => onProgress?.({ phase: 'download', ...progress }),
    },
    readIndex,
  );
  return { ...(await openFolder(folder, options, core)), name: idOrFolder };
}

async function openFolder(folder: string, options: PipelineOptions, core: Core): Promise<ModelFolder> {
  const { weightFormat, variant, clipSkip } = options;
  if (await isToBeExported(folder, options.export)) {
    return openDiffusersFolder(folder, { weightFormat, variant, clipSkip });
  }
  const idle = Object.entries({ weightFormat, variant, clipSkip }).find(([, value]) => value !== undefined);
  if (idle) {
    throw new InvalidArgumentError(
      `The option '${idle[0]}' is for models to be exported, and ${folder} is read as it is`,
    );
  }
  return openOpenvinoFolder(folder, core);
}

async function isToBeExported(folder: string, said: boolean | undefined): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile()) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${folder} is a file; checkpoints are loaded with fromSingleFile`,
    );
  }
  if (!found?.isDirectory()) throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder}`);
  if (said === false) return false;
  const isExported = await isOpenvinoFolder(folder);
  const hasWeights = await isDiffusersFolder(folder);
  if (said === undefined) return hasWeights && !isExported;
  if (isExported && !hasWeights) {
    throw new ModelLoadError('UNSUPPORTED', `${folder} is exported already; load it without 'export: true'`);
  }
  return true;
}
