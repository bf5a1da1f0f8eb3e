import { resolve } from 'node:path';

import { linkedController, type LinkedController } from '../common/abort.js';
import { HubError } from '../common/errors.js';
import { findCached, type CachedSnapshot } from './cached-snapshot.js';
import { downloadMissing, type Inspect } from './download-missing.js';
import { parseEndpoint } from './endpoint.js';
import { hubCacheDir, hubEndpoint, idleTimeoutMs, implicitToken, isOffline } from './environment.js';
import { HubClient } from './hub-client.js';
import { resolveRevision } from './list-files.js';
import { isCommit, requireModelId } from './model-id.js';
import { RepoCache } from './repo-cache.js';
import { MODEL, type Subject } from './subject.js';
import type { FileSelection } from './select-files.js';
import { sleepFor, type Sleep } from './retries.js';
import { parseSnapshotOptions, type SnapshotOptions } from './snapshot-options.js';

/**
 * Downloads a model from the Hugging Face hub into the cache it shares with Python's huggingface_hub: only the files
 * that a pipeline needs, and of those only what the cache lacks. If the hub cannot be reached but the model is in the
 * cache, the cached snapshot is used. `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured.
 *
 * @param id - `namespace/name`
 * @returns the folder of the snapshot
 * @throws HubError `HUB_UNREACHABLE`, `HUB_UNAUTHORIZED`, `HUB_NOT_FOUND`, `HUB_RATE_LIMITED`, `HUB_CORRUPT` for
 * files or answers that are not what they should be, `HUB_OFFLINE` naming what the cache lacks
 * @throws ModelLoadError for a repository that no pipeline here can load, or without this variant
 * @throws SaveError when the cache cannot be written
 * @throws InvalidArgumentError, also for environment variables that are malformed
 * @throws the signal's reason when aborted
 * @example
 * const folder = await snapshotDownload('stable-diffusion-v1-5/stable-diffusion-v1-5', { variant: 'fp16' });
 * const pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/file_download
 */
export async function snapshotDownload(id: string, options: SnapshotOptions = {}): Promise<string> {
  requireModelId(id);
  return downloadSnapshot(id, parseSnapshotOptions(options));
}

/** Hooks of this package and its tests. */
export interface DownloadHooks {
  /** What is wanted of the repository. Default: the model. */
  subject?: Subject | undefined;
  inspect?: Inspect | undefined;
  sleep?: Sleep | undefined;
}

export async function downloadSnapshot(
  id: string,
  options: SnapshotOptions & FileSelection,
  { subject = MODEL, inspect, sleep = sleepFor }: DownloadHooks = {},
): Promise<string> {
  const { revision = 'main', signal } = options;
  signal?.throwIfAborted();
  const cacheDir = resolve(options.hubCacheDir ?? hubCacheDir());
  const cache = new RepoCache(cacheDir, id);
  const cached = await findCached(cache, id, revision, options, subject);
  if (options.localFilesOnly ?? isOffline()) return requireCached(cached, id, cacheDir, options);
  // The files of a commit never change.
  if (isCommit(revision) && 'folder' in cached) return cached.folder;

  const controller = linkedController(signal);
  const client = await createClient(id, revision, options, controller, sleep);
  try {
    const commit = await currentCommit(client, cached);
    if (typeof commit !== 'string') return commit.folder;
    return await downloadMissing({ cache, client, commit, options, subject, inspect, controller });
  } finally {
    controller.unlink();
    await client.close();
  }
}

/** @throws HubError `HUB_OFFLINE` */
function requireCached(
  cached: CachedSnapshot,
  id: string,
  cacheDir: string,
  { localFilesOnly }: SnapshotOptions,
): string {
  if ('folder' in cached) return cached.folder;
  const setting = localFilesOnly ? "the option 'localFilesOnly'" : 'HF_HUB_OFFLINE';
  throw new HubError(
    'HUB_OFFLINE',
    `${id} is not in the cache ${cacheDir}, or not all of it, and ${setting} forbids asking the hub; ${cached.missing}`,
  );
}

/** @throws InvalidArgumentError for environment variables that are malformed */
async function createClient(
  id: string,
  revision: string,
  { endpoint, token }: SnapshotOptions,
  { signal }: LinkedController,
  sleep: Sleep,
): Promise<HubClient> {
  return new HubClient({
    endpoint: endpoint === undefined ? hubEndpoint() : (parseEndpoint(endpoint) ?? endpoint),
    token: token === false ? undefined : (token ?? (await implicitToken())),
    id,
    revision,
    idleTimeoutMs: idleTimeoutMs(),
    signal,
    sleep,
  });
}

/** The commit to download; or the cached snapshot, where the hub does not answer and there is one. */
async function currentCommit(
  client: HubClient,
  cached: CachedSnapshot,
): Promise<string | { readonly folder: string }> {
  const { revision } = client.options;
  if (isCommit(revision)) return revision;
  if (!('folder' in cached)) return resolveRevision(client);
  try {
    // With a snapshot to fall back on, nobody waits for retries.
    return await resolveRevision(client, 1);
  } catch (error) {
    if (error instanceof HubError && error.missing !== 'revision') return cached;
    throw error;
  }
}
