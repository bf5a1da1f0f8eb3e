import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { getRepoFolderName } from '@huggingface/hub';

import { writeFileAtomically } from '../common/atomic-file.js';
import { readTextFile } from '../common/read-file.js';
import { asSaveError } from '../common/save-error.js';
import { areSymlinksDisabled } from './environment.js';
import { isCommit } from './model-id.js';

const MAX_REF_BYTES = 1000;

/** Error codes of systems without symbolic links, or without permission to make them. */
const NO_SYMLINKS = ['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'UNKNOWN'];

/** @see https://bford.info/cachedir/ */
const CACHE_TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n';

/**
 * One model's folder in the cache that Python's huggingface_hub keeps too: `blobs` by hash, `refs` from branches and
 * tags to commits, and `snapshots` of commits, whose files are links to blobs.
 *
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export class RepoCache {
  readonly folder: string;
  readonly #cacheDir: string;

  constructor(cacheDir: string, id: string) {
    this.#cacheDir = cacheDir;
    this.folder = join(cacheDir, getRepoFolderName({ type: 'model', name: id }));
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Path of a commit's listing, which never changes. */
  listing(commit: string): string {
    return join(this.folder, 'trees', `${commit}.json`);
  }

  /** The commit a revision pointed to at its last download; undefined before the first. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const commit = await readTextFile(join(this.folder, 'refs', revision), { maxBytes: MAX_REF_BYTES }).catch(
      () => '',
    );
    return isCommit(commit) ? commit : undefined;
  }

  /** @throws SaveError */
  async writeRef(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) === commit) return;
    const path = join(this.folder, 'refs', revision);
    await asSaveError(path, () => mkdir(dirname(path), { recursive: true }));
    await writeFileAtomically(path, commit);
  }

  /** Whether a snapshot has a file, of the size it should have. */
  async has(commit: string, path: string, size?: number): Promise<boolean> {
    return hasSize(join(this.snapshot(commit), path), size);
  }

  /**
   * Makes the folders, and marks the cache as one for backup programs.
   *
   * @throws SaveError
   */
  async prepare(): Promise<void> {
    const blobs = join(this.folder, 'blobs');
    await asSaveError(blobs, () => mkdir(blobs, { recursive: true }));
    await writeFile(join(this.#cacheDir, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' }).catch(() => undefined);
  }

  /**
   * Adds a blob to a snapshot atomically: as a symbolic link or, where there are none, as a file.
   *
   * @param isNew - whether this call downloaded the blob, which may then be moved
   * @throws SaveError
   */
  async link(hash: string, commit: string, path: string, isNew: boolean): Promise<void> {
    const blob = this.blob(hash);
    const pointer = join(this.snapshot(commit), path);
    await asSaveError(pointer, async () => {
      await mkdir(dirname(pointer), { recursive: true });
      if (await makeSymlink(relative(dirname(pointer), blob), pointer)) return;
      if (isNew) return rename(blob, pointer);
      const copy = `${blob}.${randomUUID()}.copy`;
      try {
        await copyFile(blob, copy);
        await rename(copy, pointer);
      } finally {
        await rm(copy, { force: true });
      }
    });
  }
}

/** Whether there is a file at a path, of this size if one is given. */
export async function hasSize(path: string, size?: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.isFile() && (size === undefined || found.size === size);
}

async function makeSymlink(target: string, pointer: string): Promise<boolean> {
  if (areSymlinksDisabled()) return false;
  await rm(pointer, { force: true });
  try {
    await symlink(target, pointer);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Another process was faster, with the same link.
    if (code === 'EEXIST') return true;
    if (NO_SYMLINKS.includes(code)) return false;
    throw error;
  }
}
