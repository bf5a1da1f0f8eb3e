import { resolve } from 'node:path';

import { HubError, ModelLoadError } from '../common/errors.js';
import { findCached, readModelIndex } from './cached-snapshot.js';
import { chooseFiles } from './choose-files.js';
import { downloadBlob } from './download-blob.js';
import { hubCacheDir, hubEndpoint, implicitToken, isOffline, silenceLimit } from './environment.js';
import { HubClient } from './hub-client.js';
import { inParallel } from './in-parallel.js';
import { listCommit, resolveRevision, type RepoFile } from './listing.js';
import { isCommit, requireModelId } from './model-id.js';
import { ProgressTally } from './progress-tally.js';
import { isWhole, RepoCache } from './repo-cache.js';
import { sleepFor, type Sleep } from './retries.js';
import { parseSnapshotOptions, type SnapshotOptions } from './snapshot-options.js';

/** As huggingface_hub. */
const FILES_AT_A_TIME = 8;

/**
 * Brings a model from the Hugging Face hub into the cache that Python's huggingface_hub keeps too: only the files
 * that a pipeline needs. What is there already is not downloaded again; where the hub cannot be reached but the
 * model is in the cache, the cache serves.
 *
 * @param id - `namespace/name`
 * @returns the folder of the snapshot
 * @throws HubError `HUB_UNREACHABLE`, `HUB_UNAUTHORIZED`, `HUB_NOT_FOUND`, `HUB_RATE_LIMITED`, `HUB_CORRUPT` for
 * files that arrive broken, `HUB_OFFLINE` naming what the cache lacks
 * @throws ModelLoadError for a repository that is no model for a pipeline here, or has not this variant
 * @throws SaveError when the cache cannot be written
 * @throws InvalidArgumentError
 * @throws the signal's reason when aborted
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/file_download
 */
export async function snapshotDownload(id: string, options: SnapshotOptions = {}): Promise<string> {
  requireModelId(id);
  return downloadSnapshot(id, parseSnapshotOptions(options));
}

/** What only this package asks for. */
export interface DownloadHooks {
  /** Called with the snapshot when it has no more than model_index.json: what it throws spares the rest. */
  inspect?: ((folder: string) => Promise<unknown>) | undefined;
  sleep?: Sleep | undefined;
}

export async function downloadSnapshot(
  id: string,
  options: SnapshotOptions,
  { inspect, sleep = sleepFor }: DownloadHooks = {},
): Promise<string> {
  const { revision = 'main', signal } = options;
  signal?.throwIfAborted();
  const cacheDir = resolve(options.hubCacheDir ?? hubCacheDir());
  const cache = new RepoCache(cacheDir, id);
  const cached = await findCached(cache, id, revision, options);
  if (options.localFilesOnly ?? isOffline()) {
    if ('folder' in cached) return cached.folder;
    const said = options.localFilesOnly ? "the option 'localFilesOnly'" : 'HF_HUB_OFFLINE';
    throw new HubError(
      'HUB_OFFLINE',
      `${id} is not in the cache ${cacheDir}, or not all of it, and ${said} forbids asking the hub; ${cached.lacks}`,
    );
  }

  // The files of a commit never change.
  if (isCommit(revision) && 'folder' in cached) return cached.folder;

  const calls = new AbortController();
  const forward = (): void => {
    calls.abort(signal?.reason);
  };
  signal?.addEventListener('abort', forward, { once: true });
  try {
    const client = new HubClient({
      endpoint: options.endpoint?.replace(/\/+$/, '') ?? hubEndpoint(),
      token: options.token === false ? undefined : (options.token ?? (await implicitToken())),
      id,
      revision,
      silenceLimit: silenceLimit(),
      signal: calls.signal,
      sleep,
    });
    let commit = revision;
    if (!isCommit(revision)) {
      try {
        // Nobody waits for a hub that is down when there is something to fall back on.
        commit = await resolveRevision(client, 'folder' in cached ? 1 : undefined);
      } catch (error) {
        const isFinal = !(error instanceof HubError) || error.missing === 'revision';
        if (isFinal || !('folder' in cached)) throw error;
        return cached.folder;
      }
    }
    return await bring(cache, client, commit, options, inspect, (reason) => {
      calls.abort(reason);
    });
  } finally {
    signal?.removeEventListener('abort', forward);
  }
}

/** Downloads what a commit's snapshot lacks. */
async function bring(
  cache: RepoCache,
  client: HubClient,
  commit: string,
  options: SnapshotOptions,
  inspect: DownloadHooks['inspect'],
  callOff: (reason: unknown) => void,
): Promise<string> {
  const { id, revision } = client.options;
  const folder = cache.snapshot(commit);
  const files = new Map((await listCommit(cache, client, commit)).map((file) => [file.path, file]));
  const index = files.get('model_index.json');
  if (!index) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${id} has no model_index.json: it is not in diffusers' layout. A checkpoint of one file is downloaded by hand, and ` +
        `loaded with fromSingleFile`,
    );
  }
  await bringFile(cache, client, commit, index, () => undefined);
  await inspect?.(folder);

  const repository = { id, paths: [...files.keys()], index: await readModelIndex(folder) };
  const chosen = chooseFiles(repository, options).flatMap((path) => files.get(path) ?? []);
  const tally = new ProgressTally(chosen, options.onProgress ?? (() => undefined));
  await inParallel(
    chosen,
    FILES_AT_A_TIME,
    async (file) => {
      await bringFile(cache, client, commit, file, (bytes) => {
        tally.reached(file, bytes);
      });
      tally.done(file);
    },
    callOff,
  );
  // Not before: without the hub, a branch leads to its last whole snapshot.
  if (!isCommit(revision)) await cache.writeRef(revision, commit);
  return folder;
}

async function bringFile(
  cache: RepoCache,
  client: HubClient,
  commit: string,
  file: RepoFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  client.options.signal.throwIfAborted();
  if (await cache.has(commit, file.path, file.size)) return;
  const blob = cache.blob(file.hash);
  let fresh = false;
  if (!(await isWhole(blob, file.size))) {
    await cache.prepare();
    fresh = await downloadBlob(client, file, client.fileUrl(commit, file.path), blob, onBytes);
  }
  await cache.link(file.hash, commit, file.path, fresh);
}
