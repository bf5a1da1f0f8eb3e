import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { asSaveError } from '../common/save-error.js';

/**
 * Checks before the work that a file can be written: its folder exists and is writable, and the path is not a folder.
 *
 * @throws SaveError, the file system's error being its cause
 */
export async function requireWritable(path: string): Promise<void> {
  await asSaveError(path, async () => {
    const folder = dirname(path);
    if (!(await stat(folder)).isDirectory()) throw errorOf('ENOTDIR', folder);
    await access(folder, constants.W_OK);
    const existing = await stat(path).catch(() => undefined);
    if (existing?.isDirectory()) throw errorOf('EISDIR', path);
  });
}

/** The error that opening the path for writing would throw. */
function errorOf(code: 'ENOTDIR' | 'EISDIR', path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: open '${path}'`), { code, path, syscall: 'open' });
}
