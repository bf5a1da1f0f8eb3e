import { copyFile, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { SaveError } from '../../common/errors.js';

/** What is copied of a model's folder. */
export interface CopyOptions {
  /** The model's folder; links out of it are refused, but for those of a hub's cache to its own blobs. */
  readonly root: string;
  /** Names of files that belong to the copy; others, and folders, are left. */
  readonly names: RegExp;
  /** Checked before each file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies the files of one folder of a model, links as the files they lead to. A link could otherwise carry any file of
 * this machine into a folder that is then shared.
 *
 * @param from - a folder below `root`
 * @param to - is created
 * @throws SaveError for a link that leads out of the model, or for what is no regular file
 */
export async function copyFiles(from: string, to: string, options: CopyOptions): Promise<void> {
  const allowed = await allowedFolders(options.root);
  // A folder that cp creates itself is not writable where its source is not.
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    if (!options.names.test(file)) continue;
    options.signal?.throwIfAborted();
    const path = join(from, file);
    const real = await realpath(path);
    if (!allowed.some((folder) => isInside(folder, real))) {
      throw new SaveError(`${path} is not copied: it is a link to ${real}, outside the model`);
    }
    if (!(await stat(real)).isFile()) throw new SaveError(`${path} is not copied: it is no regular file`);
    await copyFile(real, join(to, file));
  }
}

/** The folder itself and, in a snapshot of a hub's cache, the blobs that its files are links to. */
async function allowedFolders(root: string): Promise<string[]> {
  const real = await realpath(root);
  const [, repository] = /^(.+)[/\\]snapshots[/\\][^/\\]+(?:[/\\]|$)/.exec(real) ?? [];
  return repository === undefined ? [real] : [real, join(repository, 'blobs')];
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && way !== path;
}
