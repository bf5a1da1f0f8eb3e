import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a small text file of the cache. Opened without blocking, since a named pipe in its place would otherwise
 * wait for a writer forever.
 *
 * @throws where it is no regular file, or larger than `maxBytes`
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<string> {
  // On Windows, which has no such pipes, the flag is undefined and counts as 0.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is not a regular file`);
    if (found.size > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
