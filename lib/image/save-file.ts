import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { SaveError } from '../common/errors.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than this process may write',
  EISDIR: 'it is a folder',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'its folder is a file',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/**
 * Writes a file whole or not at all: into a temporary sibling, on the same file system, which then takes the
 * name. A file that already stood there stays as it was until then, and for good when anything fails.
 *
 * @throws SaveError with the system's error as its cause; the temporary file is gone by then.
 */
export async function saveFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await writeThrough(temporary, content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new SaveError(`The picture could not be saved as ${path}: ${reasons[code] ?? message}`, { cause });
  }
}

async function writeThrough(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    // Without this a full disk may come to light only after the renaming, on file systems that write late.
    await file.sync();
  } finally {
    await file.close();
  }
}
