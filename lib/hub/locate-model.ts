import { HubError } from '../common/errors.js';
import { fileExists } from '../common/file-exists.js';
import { isModelId } from './model-id.js';
import { downloadSnapshot, type DownloadHooks } from './snapshot-download.js';
import type { SnapshotOptions } from './snapshot-options.js';

/**
 * The folder a model is in: itself, where there is something by that name, or else its snapshot, downloaded if need
 * be, where the text can be the id of a model on the hub.
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
