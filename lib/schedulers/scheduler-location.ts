import { fileExists } from '../common/file-exists.js';
import { ModelLoadError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';

/** Where a scheduler's file is. The options of the hub are those of `snapshotDownload`. */
export interface SchedulerLocation {
  /** Where in the folder scheduler_config.json is. Default: 'scheduler' where there is one. */
  subfolder?: string | undefined;
  /** A branch, a tag or a commit of a model on the hub. Default: 'main'. */
  revision?: string | undefined;
  /** An access token of the hub, or false for none. Default: that of `HF_TOKEN`, or of the file `hf auth login` writes. */
  token?: string | false | undefined;
  /** Folder of the hub's cache. Default: that of `HF_HUB_CACHE` or `HF_HOME`, else ~/.cache/huggingface/hub. */
  hubCacheDir?: string | undefined;
  /** Use only the cache. Default: `HF_HUB_OFFLINE`, else false. */
  localFilesOnly?: boolean | undefined;
  /** Aborts the download. */
  signal?: AbortSignal | undefined;
}

/** The folder of a scheduler: `idOrFolder` itself, or the snapshot of the model with this id on the hub. */
export type SchedulerLocator = (idOrFolder: string, location: SchedulerLocation) => Promise<string>;

/** Without the hub, which this entry of the package does not load. */
let locator: SchedulerLocator = async (folder) => {
  if (await fileExists(folder)) return folder;
  throw new ModelLoadError(
    'MODEL_NOT_FOUND',
    `There is no folder ${folder}. 'openvino-diffusers/schedulers' alone does not download: for a model on the hub, ` +
      "import 'openvino-diffusers'",
  );
};

/** Lets `fromPretrained` take ids of models on the hub; called by the package's main entry. */
export function setSchedulerLocator(locate: SchedulerLocator): void {
  locator = locate;
}

/**
 * @throws InvalidArgumentError, ModelLoadError `MODEL_NOT_FOUND`
 * @throws HubError, SaveError; the signal's reason
 */
export async function locateSchedulerFolder(
  idOrFolder: string,
  location: SchedulerLocation,
): Promise<string> {
  if (typeof idOrFolder !== 'string' || idOrFolder === '') {
    throw wrongValue('a path or an id', 'idOrFolder', idOrFolder);
  }
  const { subfolder } = location;
  if (subfolder !== undefined && typeof subfolder !== 'string') {
    throw wrongValue('a path in the model', 'subfolder', subfolder);
  }
  return locator(idOrFolder, location);
}
