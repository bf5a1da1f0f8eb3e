import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';

import { writeFileAtomically } from '../common/atomic-file.js';
import { HubError } from '../common/errors.js';
import type { HubClient } from './hub-client.js';
import { isCommit } from './model-id.js';
import type { RepoCache } from './repo-cache.js';

/** A file of a repository at one commit. */
export interface RepoFile {
  /** With slashes, and never out of the folder. */
  readonly path: string;
  readonly size: number;
  /** What its blob is called: SHA-256 of the content for large files, git's SHA-1 of it for others. */
  readonly hash: string;
}

const sha1 = z.string().regex(/^[0-9a-f]{40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().nonnegative();

const entrySchema = z.object({
  path: z.string().refine(staysInside, { error: 'leads out of the repository' }),
  size,
  oid: sha1,
  lfs: z.object({ oid: sha256, size }).nullish(),
  xetHash: sha256.nullish(),
});
type Entry = z.output<typeof entrySchema>;

/** As huggingface_hub 1.33 writes it; older versions keep none. */
const savedSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string().refine(staysInside),
    z.object({ size, blob_id: sha1, lfs_sha256: sha256.optional(), lfs_size: size.optional() }),
  ),
});

/**
 * The commit that a revision is now.
 *
 * @param attempts - default: as many as are worth it
 * @throws HubError
 */
export async function resolveRevision(client: HubClient, attempts?: number): Promise<string> {
  const { id, revision, endpoint } = client.options;
  const { sha } = await understanding(client, () =>
    modelInfo({
      name: id,
      revision,
      hubUrl: endpoint,
      additionalFields: ['sha'],
      fetch: client.fetchWith(attempts),
    }),
  );
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw new HubError('HUB_CORRUPT', `Expected ${endpoint} to name the commit of ${id} at '${revision}'`);
}

/**
 * The files of a commit: as they are kept in the cache, or as the hub lists them.
 *
 * @throws HubError, also for a listing with names that lead out of the repository
 */
export async function listCommit(
  cache: RepoCache,
  client: HubClient,
  commit: string,
): Promise<readonly RepoFile[]> {
  const kept = await keptListing(cache, commit);
  if (kept) return kept;
  const { id, endpoint } = client.options;
  const entries: Entry[] = [];
  await understanding(client, async () => {
    const listing = listFiles({
      repo: { type: 'model', name: id },
      revision: commit,
      recursive: true,
      hubUrl: endpoint,
      fetch: client.fetchWith(),
    });
    for await (const entry of listing) if (entry.type === 'file') entries.push(entrySchema.parse(entry));
  });
  await keepListing(cache, commit, entries);
  return entries.map((entry) => ({
    path: entry.path,
    size: entry.lfs?.size ?? entry.size,
    hash: entry.lfs?.oid ?? entry.oid,
  }));
}

/** The listing in the cache; undefined where there is none that can be read. */
export async function keptListing(
  cache: RepoCache,
  commit: string,
): Promise<readonly RepoFile[] | undefined> {
  const text = await readFile(cache.listing(commit), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Object.entries(savedSchema.parse(JSON.parse(text)).files).map(([path, file]) => ({
      path,
      size: file.lfs_size ?? file.size,
      hash: file.lfs_sha256 ?? file.blob_id,
    }));
  } catch {
    return undefined;
  }
}

/** For later calls; without it they ask the hub again. */
async function keepListing(cache: RepoCache, commit: string, entries: readonly Entry[]): Promise<void> {
  const inOrder = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const files = inOrder.map(({ path, size, oid, lfs, xetHash }) => [
    path,
    {
      size,
      blob_id: oid,
      ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }),
      ...(xetHash && { xet_hash: xetHash }),
    },
  ]);
  const json = JSON.stringify(
    { format_version: 1, files: Object.fromEntries(files) as object },
    undefined,
    1,
  );
  // As Python's json does.
  const ascii = json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const path = cache.listing(commit);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, ascii);
  } catch {
    // A disk that is full or read-only will tell when it matters.
  }
}

/** What is not even JSON, or not as the hub has it, comes from something else that answers in its place. */
async function understanding<T>({ options }: HubClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof z.ZodError || cause instanceof SyntaxError || cause instanceof TypeError))
      throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : cause.message;
    const message = `What ${options.endpoint} says of ${options.id} is not as a hub would say it: ${reason}`;
    throw new HubError('HUB_CORRUPT', message, { cause });
  }
}

/** Names come from strangers and become paths, on Windows too. */
function staysInside(path: string): boolean {
  return !/[\\:\p{Cc}]/u.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}
