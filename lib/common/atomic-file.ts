import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { asSaveError } from './save-error.js';

/**
 * Writes a file completely or not at all: into a temporary file of the same folder, which is synced and then renamed.
 * Readers see the old content or the new; after a failure the old content is there and the temporary file is not.
 *
 * Not npm's write-file-atomic: it writes once and ignores how much was written, so that a limit reached in the middle
 * (a quota, RLIMIT_FSIZE) leaves a truncated file under the final name and reports success (7.0.1).
 *
 * @throws SaveError, the file system's error being its cause
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  await asSaveError(path, async () => {
    try {
      await writeAndSync(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

async function writeAndSync(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    // File systems that write late report a full disk only here.
    await file.sync();
  } finally {
    await file.close();
  }
}
