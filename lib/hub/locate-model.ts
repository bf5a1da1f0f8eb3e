import { HubError } from '../common/errors.js';
import { fileExists } from '../common/file-exists.js';
import { isModelId } from './model-id.js';
import type { FileSelection } from './select-files.js';
import { downloadSnapshot, type DownloadHooks } from './snapshot-download.js';
import { parseSnapshotOptions, type SnapshotOptions } from './snapshot-options.js';
import { schedulerSubject, VAE } from './subject.js';

/**
 * The folder of a model: `idOrFolder` itself if it exists or cannot be an id, else the snapshot of the model with this
 * id, which is downloaded unless the cache has it.
 *
 * @throws what `snapshotDownload` throws
 */
export async function locateModel(
  idOrFolder: string,
  options: SnapshotOptions & FileSelection,
  inspect?: DownloadHooks['inspect'],
): Promise<string> {
  return locate(idOrFolder, options, { inspect });
}

/** Options of `locateVae`: the revision is the model's, and the VAE's is 'main'. */
export type VaeLocation = Omit<SnapshotOptions, 'revision' | 'export' | 'safetyChecker'>;

/** Names of files, which could be ids too. */
const WEIGHTS_FILE = /\.(safetensors|ckpt|pt|pth|bin)$/i;

/**
 * The folder or file of a VAE: `idOrPath` itself if it exists or cannot be an id, else the snapshot of the repository
 * with this id, of which only the VAE's files are downloaded.
 *
 * @throws what `snapshotDownload` throws
 */
export async function locateVae(
  idOrPath: string,
  options: VaeLocation,
  inspect?: DownloadHooks['inspect'],
): Promise<string> {
  if (WEIGHTS_FILE.test(idOrPath)) return idOrPath;
  return locate(idOrPath, options, { inspect, subject: VAE });
}

/** Options of `locateScheduler`. */
export interface SchedulerLocation extends Omit<SnapshotOptions, 'variant' | 'export' | 'safetyChecker'> {
  /** Where in the repository scheduler_config.json is. Default: 'scheduler' where there is one. */
  subfolder?: string | undefined;
}

/**
 * The folder of a scheduler: `idOrFolder` itself if it exists or cannot be an id, else the snapshot of the repository with
 * this id, of which only scheduler_config.json is downloaded.
 *
 * @throws what `snapshotDownload` throws; ModelLoadError `MODEL_NOT_FOUND` without the file
 */
export async function locateScheduler(
  idOrFolder: string,
  { subfolder, ...options }: SchedulerLocation = {},
): Promise<string> {
  return locate(idOrFolder, parseSnapshotOptions(options), { subject: schedulerSubject(subfolder) });
}

async function locate(
  idOrFolder: string,
  options: SnapshotOptions & FileSelection,
  hooks: DownloadHooks,
): Promise<string> {
  if (!isModelId(idOrFolder) || (await fileExists(idOrFolder))) return idOrFolder;
  try {
    return await downloadSnapshot(idOrFolder, options, hooks);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError(
      error.code,
      `There is no folder ${idOrFolder}, so it was taken for a model on the hub. ${error.message}`,
      { cause: error, missing: error.missing },
    );
  }
}
