import { HubError } from '../common/errors.js';
import { fileExists } from '../common/file-exists.js';
import { isModelId } from './model-id.js';
import { downloadSnapshot, type DownloadHooks } from './snapshot-download.js';
import type { SnapshotOptions } from './snapshot-options.js';

/**
 * The folder of a model: `idOrFolder` itself if it exists or cannot be an id, else the snapshot of the model with this
 * id, which is downloaded unless the cache has it.
 *
 * @throws what `snapshotDownload` throws
 */
export async function locateModel(
  idOrFolder: string,
  options: SnapshotOptions,
  inspect?: DownloadHooks['inspect'],
): Promise<string> {
  if (!isModelId(idOrFolder) || (await fileExists(idOrFolder))) return idOrFolder;
  try {
    return await downloadSnapshot(idOrFolder, options, { inspect });
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError(
      error.code,
      `There is no folder ${idOrFolder}, so it was taken for a model on the hub. ${error.message}`,
      { cause: error, missing: error.missing },
    );
  }
}
