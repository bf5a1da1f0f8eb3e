import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { asSaveError } from '../common/save-error.js';

/**
 * Finds out before work starts whether a file could be written: its folder exists and may be written to, and it is no
 * folder itself.
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

/** As the file system's own would be when the file is written. */
function errorOf(code: 'ENOTDIR' | 'EISDIR', path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: open '${path}'`), { code, path, syscall: 'open' });
}
