import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';

import { HubError } from '../common/errors.js';
import { readCachedListing, writeCachedListing, type ListedFile } from './cached-listing.js';
import type { HubClient } from './hub-client.js';
import { isCommit } from './model-id.js';
import type { RepoCache } from './repo-cache.js';
import { MAX_FILES, pathSchema, sha1Schema, sha256Schema, sizeSchema, type RepoFile } from './repo-file.js';

/** The hub sends 1000 files a page; a hostile one sends empty pages without end. */
const MAX_PAGES = 1000;

const entrySchema = z.object({ type: z.string() });
const fileSchema = z.object({
  path: pathSchema,
  size: sizeSchema,
  oid: sha1Schema,
  lfs: z.object({ oid: sha256Schema, size: sizeSchema }).nullish(),
  xetHash: sha256Schema.nullish(),
});

/**
 * The commit a revision points to now.
 *
 * @param attempts - default: as many as are worth it
 * @throws HubError
 */
export async function resolveRevision(client: HubClient, attempts?: number): Promise<string> {
  const { id, revision, endpoint } = client.options;
  const { sha } = await asHubCorrupt(client, () =>
    modelInfo({
      name: id,
      revision,
      hubUrl: endpoint,
      additionalFields: ['sha'],
      fetch: client.fetchWith({ attempts }),
    }),
  );
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw new HubError('HUB_CORRUPT', `Expected ${endpoint} to name the commit of ${id} at '${revision}'`);
}

/**
 * The files of a commit, from the listing in the cache or else from the hub.
 *
 * @throws HubError, also for a listing with names that lead out of the repository, or without end
 */
export async function listCommit(
  cache: RepoCache,
  client: HubClient,
  commit: string,
): Promise<readonly RepoFile[]> {
  const cached = await readCachedListing(cache, commit);
  if (cached) return cached;
  const files = await asHubCorrupt(client, () => requestListing(client, commit));
  await writeCachedListing(cache, commit, files);
  return files.map(({ path, size, oid, lfs }) => ({ path, size: lfs?.size ?? size, hash: lfs?.oid ?? oid }));
}

async function requestListing(client: HubClient, commit: string): Promise<ListedFile[]> {
  const { id, endpoint } = client.options;
  const files: ListedFile[] = [];
  const listing = listFiles({
    repo: { type: 'model', name: id },
    revision: commit,
    recursive: true,
    hubUrl: endpoint,
    fetch: client.fetchWith({ maxRequests: MAX_PAGES }),
  });
  let entries = 0;
  for await (const entry of listing) {
    if (++entries > MAX_FILES) {
      throw new HubError('HUB_CORRUPT', `${endpoint} lists more than ${MAX_FILES} files of ${id}`);
    }
    if (entrySchema.parse(entry).type === 'file') files.push(fileSchema.parse(entry));
  }
  return files;
}

/**
 * An answer that is not JSON, or JSON of another form, is from something else that answers in the hub's place.
 *
 * @throws HubError
 */
async function asHubCorrupt<T>({ options }: HubClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isForm = cause instanceof z.ZodError;
    // Nesting deeper than the stack is a RangeError.
    if (!isForm && ![SyntaxError, TypeError, RangeError].some((kind) => cause instanceof kind)) throw cause;
    const reason = isForm ? z.prettifyError(cause) : (cause as Error).message;
    const message = `What ${options.endpoint} answers about ${options.id} is not as a hub answers: ${reason}`;
    throw new HubError('HUB_CORRUPT', message, { cause });
  }
}
