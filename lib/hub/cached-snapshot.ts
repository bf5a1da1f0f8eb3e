import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { ModelLoadError } from '../common/errors.js';
import { readCachedListing } from './cached-listing.js';
import type { RepoCache } from './repo-cache.js';
import type { FileSelection } from './select-files.js';
import type { Subject } from './subject.js';

/** A complete snapshot in the cache, or what it lacks. */
export type CachedSnapshot = { readonly folder: string } | { readonly missing: string };

/**
 * Looks for a snapshot in the cache alone. Its listing says which files it should have; without one, as in caches of
 * older versions of huggingface_hub, the files that are there must make a model.
 */
export async function findCached(
  cache: RepoCache,
  id: string,
  revision: string,
  selection: FileSelection,
  subject: Subject,
): Promise<CachedSnapshot> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return { missing: `it has no revision '${revision}'` };
  const folder = cache.snapshot(commit);
  const listing = await readCachedListing(cache, commit);
  const sizes = new Map(listing?.map(({ path, size }) => [path, size]));
  let selected: string[];
  try {
    const paths = listing ? [...sizes.keys()] : await filesBelow(folder);
    const first = subject.firstFile(id, paths, selection);
    if (first === undefined || !(await cache.has(commit, first))) {
      return { missing: `${first ?? subject.described} is not there` };
    }
    selected = await subject.select(id, paths, selection, folder);
  } catch (error) {
    if (error instanceof ModelLoadError) return { missing: error.message };
    throw error;
  }
  const isThere = await Promise.all(selected.map((path) => cache.has(commit, path, sizes.get(path))));
  const missing = selected.filter((_, i) => isThere[i] === false);
  return missing.length === 0 ? { folder } : { missing: `not there: ${missing.join(', ')}` };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
