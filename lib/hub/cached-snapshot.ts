import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { ModelLoadError } from '../common/errors.js';
import { readCachedListing } from './cached-listing.js';
import type { RepoCache } from './repo-cache.js';
import { selectFiles, type FileSelection } from './select-files.js';

/** A complete snapshot in the cache, or what it lacks. */
export type CachedSnapshot = { readonly folder: string } | { readonly missing: string };

/** The content of model_index.json. */
export type ModelIndex = Readonly<Record<string, unknown>>;

/** @throws ModelLoadError */
export async function readModelIndex(folder: string): Promise<ModelIndex> {
  return readConfigFile(join(folder, 'model_index.json'), z.looseObject({}));
}

/**
 * Looks for a snapshot in the cache alone. Its listing says which files it should have; without one, as in caches of
 * older versions of huggingface_hub, the files that are there must make a model.
 */
export async function findCached(
  cache: RepoCache,
  id: string,
  revision: string,
  selection: FileSelection,
): Promise<CachedSnapshot> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return { missing: `it has no revision '${revision}'` };
  const folder = cache.snapshot(commit);
  if (!(await cache.has(commit, 'model_index.json'))) return { missing: 'model_index.json is not there' };

  const listing = await readCachedListing(cache, commit);
  const sizes = new Map(listing?.map(({ path, size }) => [path, size]));
  let selected: string[];
  try {
    const paths = listing ? [...sizes.keys()] : await filesBelow(folder);
    selected = selectFiles({ id, paths, index: await readModelIndex(folder) }, selection);
  } catch (error) {
    if (error instanceof ModelLoadError) return { missing: error.message };
    throw error;
  }
  const isThere = await Promise.all(selected.map((path) => cache.has(commit, path, sizes.get(path))));
  const missing = selected.filter((_, i) => isThere[i] === false);
  return missing.length === 0 ? { folder } : { missing: `not there: ${missing.join(', ')}` };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
