import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { ModelLoadError } from '../common/errors.js';
import { chooseFiles, type FileChoice } from './choose-files.js';
import { keptListing } from './listing.js';
import type { RepoCache } from './repo-cache.js';

/** A snapshot that is whole, or what keeps it from being. */
export type Cached = { readonly folder: string } | { readonly lacks: string };

/** What model_index.json says. */
export type ModelIndex = Readonly<Record<string, unknown>>;

/** @throws ModelLoadError */
export async function readModelIndex(folder: string): Promise<ModelIndex> {
  return readConfigFile(join(folder, 'model_index.json'), z.looseObject({}));
}

/**
 * Looks in the cache alone. Which files a snapshot should have, its listing tells; where there is none, as older
 * versions of huggingface_hub left it, the files that are there must make a model.
 */
export async function findCached(
  cache: RepoCache,
  id: string,
  revision: string,
  choice: FileChoice,
): Promise<Cached> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return { lacks: `it has no revision '${revision}'` };
  const folder = cache.snapshot(commit);
  if (!(await cache.has(commit, 'model_index.json'))) return { lacks: 'model_index.json is not there' };

  const listing = await keptListing(cache, commit);
  const sizes = new Map(listing?.map(({ path, size }) => [path, size]));
  let chosen: string[];
  try {
    const paths = listing ? [...sizes.keys()] : await filesBelow(folder);
    chosen = chooseFiles({ id, paths, index: await readModelIndex(folder) }, choice);
  } catch (error) {
    if (error instanceof ModelLoadError) return { lacks: error.message };
    throw error;
  }
  const there = await Promise.all(chosen.map((path) => cache.has(commit, path, sizes.get(path))));
  const missing = chosen.filter((_, i) => there[i] === false);
  return missing.length === 0 ? { folder } : { lacks: `not there: ${missing.join(', ')}` };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
