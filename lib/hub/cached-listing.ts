import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { z } from 'zod';

import { writeFileAtomically } from '../common/atomic-file.js';
import { readTextFile } from '../common/read-file.js';
import { toAsciiJson } from './ascii-json.js';
import type { RepoCache } from './repo-cache.js';
import { pathSchema, sha1Schema, sha256Schema, sizeSchema, type RepoFile } from './repo-file.js';

/** The longest listing that is read, in bytes: that of some 200 000 files. */
const MAX_LISTING_BYTES = 64 * 2 ** 20;

/** A file as the hub lists it. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number } | null | undefined;
  readonly xetHash?: string | null | undefined;
}

/** As huggingface_hub 1.33 writes it; older versions store none. */
const listingSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    pathSchema,
    z.object({
      size: sizeSchema,
      blob_id: sha1Schema,
      lfs_sha256: sha256Schema.optional(),
      lfs_size: sizeSchema.optional(),
    }),
  ),
});

/** The listing of a commit in the cache; undefined if there is none, or none that can be read. */
export async function readCachedListing(
  cache: RepoCache,
  commit: string,
): Promise<readonly RepoFile[] | undefined> {
  try {
    const text = await readTextFile(cache.listing(commit), { maxBytes: MAX_LISTING_BYTES });
    return Object.entries(listingSchema.parse(JSON.parse(text)).files).map(([path, file]) => ({
      path,
      size: file.lfs_size ?? file.size,
      hash: file.lfs_sha256 ?? file.blob_id,
    }));
  } catch {
    return undefined;
  }
}

/** Stores a listing for later calls; where that fails they ask the hub again. */
export async function writeCachedListing(
  cache: RepoCache,
  commit: string,
  files: readonly ListedFile[],
): Promise<void> {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const entries = sorted.map(({ path, size, oid, lfs, xetHash }) => [
    path,
    {
      size,
      blob_id: oid,
      ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }),
      ...(xetHash && { xet_hash: xetHash }),
    },
  ]);
  const path = cache.listing(commit);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(
      path,
      toAsciiJson({ format_version: 1, files: Object.fromEntries(entries) as object }),
    );
  } catch {
    // If the disk is full or read-only, the first blob reports it.
  }
}
