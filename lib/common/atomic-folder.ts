import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

import { SaveError } from './errors.js';
import { fileExists } from './file-exists.js';
import { asSaveError as saving } from './save-error.js';

export { saving };

/**
 * Writes a folder whole or not at all: what `write` makes stands beside the target, and takes its place only when
 * complete; whatever happens before leaves the target as it was.
 *
 * @param sources - folders that are read meanwhile, which the target may therefore not hold
 * @throws SaveError when the target exists and may not give way, or cannot be written
 */
export async function writeWholeFolder(
  target: string,
  { overwrite, sources }: { overwrite: boolean; sources: readonly string[] },
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = resolve(target);
  const exists = await fileExists(folder);
  if (exists && !overwrite) {
    throw new SaveError(`${target} exists already; the option 'overwrite' lets it give way`);
  }
  const held = sources.find((source) => contains(folder, resolve(source)));
  if (held !== undefined) throw new SaveError(`${target} cannot give way: the model is read from ${held}`);

  const partial = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.partial`);
  try {
    await saving(target, () => mkdir(partial, { recursive: true }));
    await write(partial);
    await saving(target, () => (exists ? exchange(partial, folder) : rename(partial, folder)));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** The old folder is out of the way, and can come back, until the new one is in its place. */
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

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
