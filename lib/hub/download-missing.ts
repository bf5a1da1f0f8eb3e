import type { LinkedController } from '../common/abort.js';
import { HubError, ModelLoadError } from '../common/errors.js';
import { readModelIndex } from './cached-snapshot.js';
import { downloadBlob } from './download-blob.js';
import type { HubClient } from './hub-client.js';
import { inParallel } from './in-parallel.js';
import { listCommit } from './list-files.js';
import { isCommit } from './model-id.js';
import { ProgressTally } from './progress-tally.js';
import { hasSize, type RepoCache } from './repo-cache.js';
import type { RepoFile } from './repo-file.js';
import { selectFiles } from './select-files.js';
import type { SnapshotOptions } from './snapshot-options.js';

/** As huggingface_hub. */
const MAX_PARALLEL_FILES = 8;
/** A model_index.json has some 500 bytes. */
const MAX_INDEX_BYTES = 2 ** 20;

/** Called with the snapshot's folder while it has only model_index.json; what it throws ends the download. */
export type Inspect = (folder: string) => Promise<unknown>;

/** A snapshot being downloaded. */
export interface SnapshotDownload {
  readonly cache: RepoCache;
  readonly client: HubClient;
  readonly commit: string;
  readonly options: SnapshotOptions;
  readonly inspect: Inspect | undefined;
  /** Ends all requests. */
  readonly controller: LinkedController;
}

/**
 * Downloads what a commit's snapshot lacks.
 *
 * @returns the folder of the snapshot
 */
export async function downloadMissing(download: SnapshotDownload): Promise<string> {
  const { cache, client, commit, options, inspect, controller } = download;
  const { id, revision } = client.options;
  const folder = cache.snapshot(commit);
  const files = new Map((await listCommit(cache, client, commit)).map((file) => [file.path, file]));
  await downloadFile(download, requireIndex(files, id), () => undefined);
  await inspect?.(folder);

  const repository = { id, paths: [...files.keys()], index: await readModelIndex(folder) };
  const selected = selectFiles(repository, options).flatMap((path) => files.get(path) ?? []);
  const tally = new ProgressTally(selected, options.onProgress ?? (() => undefined));
  const downloadAndCount = async (file: RepoFile): Promise<void> => {
    await downloadFile(download, file, (bytes) => {
      tally.update(file, bytes);
    });
    tally.done(file);
  };
  await inParallel(selected, MAX_PARALLEL_FILES, downloadAndCount, (reason) => {
    controller.abort(reason);
  });
  // Not before: without the hub, a branch means its last complete snapshot.
  if (!isCommit(revision)) await cache.writeRef(revision, commit);
  return folder;
}

function requireIndex(files: ReadonlyMap<string, RepoFile>, id: string): RepoFile {
  const index = files.get('model_index.json');
  if (!index) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${id} has no model_index.json: it is not in diffusers' layout. Download a single-file checkpoint yourself, and ` +
        `load it with fromSingleFile`,
    );
  }
  if (index.size > MAX_INDEX_BYTES) {
    throw new HubError(
      'HUB_CORRUPT',
      `The model_index.json of ${id} has ${index.size} bytes, which no model needs`,
    );
  }
  return index;
}

async function downloadFile(
  { cache, client, commit }: SnapshotDownload,
  file: RepoFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  client.options.signal.throwIfAborted();
  if (await cache.has(commit, file.path, file.size)) return;
  const blob = cache.blob(file.hash);
  let isNew = false;
  if (!(await hasSize(blob, file.size))) {
    await cache.prepare();
    isNew = await downloadBlob({ client, file, url: client.fileUrl(commit, file.path), blob, onBytes });
  }
  await cache.link(file.hash, commit, file.path, isNew);
}
