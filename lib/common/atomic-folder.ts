import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

import { SaveError } from './errors.js';
import { fileExists } from './file-exists.js';
import { asSaveError } from './save-error.js';

/**
 * Writes a folder atomically: `write` fills a sibling, which is renamed when it is complete. The target is either
 * complete or untouched.
 *
 * @param sources - folders that are read meanwhile, which must not be replaced
 * @throws SaveError when the target exists and must not be overwritten, or cannot be written
 */
export async function writeFolderAtomically(
  target: string,
  { overwrite, sources }: { overwrite: boolean; sources: readonly string[] },
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = resolve(target);
  const exists = await fileExists(folder);
  if (exists && !overwrite) {
    throw new SaveError(`${target} exists already; pass 'overwrite' to replace it`);
  }
  const real = await realPathOf(folder);
  const places = await Promise.all(sources.map(realPathOf));
  const inUse = places.find((source) => contains(real, source));
  if (inUse !== undefined) {
    throw new SaveError(`${target} cannot be replaced: the model is read from ${inUse}`);
  }

  const partial = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.partial`);
  try {
    await asSaveError(target, () => mkdir(partial, { recursive: true }));
    await write(partial);
    await asSaveError(target, () => (exists ? exchange(partial, folder) : rename(partial, folder)));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Puts the new folder in the old one's place; the old one is restored if that fails. */
async function exchange(partial: string, folder: string): Promise<void> {
  const old = `${partial}.old`;
  await rename(folder, old);
  try {
    await rename(partial, folder);
  } catch (error) {
    await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** Without links, so that a folder is known by any of its names. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
