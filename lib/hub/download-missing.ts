import type { LinkedController } from '../common/abort.js';
import { HubError } from '../common/errors.js';
import { downloadBlob } from './download-blob.js';
import type { HubClient } from './hub-client.js';
import { inParallel } from './in-parallel.js';
import { listCommit } from './list-files.js';
import { isCommit } from './model-id.js';
import { ProgressTally } from './progress-tally.js';
import { hasSize, type RepoCache } from './repo-cache.js';
import type { RepoFile } from './repo-file.js';
import type { FileSelection } from './select-files.js';
import type { SnapshotOptions } from './snapshot-options.js';
import type { Subject } from './subject.js';

/** As huggingface_hub. */
const MAX_PARALLEL_FILES = 8;
/** A model_index.json has some 500 bytes, a VAE's config.json 600. */
const MAX_INDEX_BYTES = 2 ** 20;

/**
 * Called with the snapshot's folder while it has only the file that says what it is, a model_index.json or a VAE's
 * config.json; what it throws ends the download.
 */
export type Inspect = (folder: string, file: string) => Promise<unknown>;

/** A snapshot being downloaded. */
export interface SnapshotDownload {
  readonly cache: RepoCache;
  readonly client: HubClient;
  readonly commit: string;
  readonly options: SnapshotOptions & FileSelection;
  readonly subject: Subject;
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
  const { cache, client, commit, options, subject, inspect, controller } = download;
  const { id, revision } = client.options;
  const folder = cache.snapshot(commit);
  const files = new Map((await listCommit(cache, client, commit)).map((file) => [file.path, file]));
  const paths = [...files.keys()];
  const first = files.get(subject.firstFile(id, paths, options) ?? '');
  if (!first) throw subject.absent(id);
  requireSmall(first, id);
  await downloadFile(download, first, () => undefined);
  await inspect?.(folder, first.path);

  const selected = (await subject.select(id, paths, options, folder)).flatMap(
    (path) => files.get(path) ?? [],
  );
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

/** @throws HubError `HUB_CORRUPT` */
function requireSmall({ path, size }: RepoFile, id: string): void {
  if (size <= MAX_INDEX_BYTES) return;
  throw new HubError('HUB_CORRUPT', `The ${path} of ${id} has ${size} bytes, which no model needs`);
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
