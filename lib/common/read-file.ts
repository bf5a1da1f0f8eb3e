import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** Why a file was not read. */
export type FileReadReason = 'missing' | 'unreadable' | 'not-a-file' | 'too-large';

/** A file that could not be read; whoever asked for it turns this into an error of their own kind. */
export class FileReadError extends Error {
  readonly reason: FileReadReason;

  constructor(reason: FileReadReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  static {
    this.prototype.name = 'FileReadError';
  }
}

export interface ReadFileOptions {
  /** A longer file is refused; one that has no end is refused after so many bytes. */
  readonly maxBytes: number;
}

/** Opening a FIFO waits for a writer without this flag. Windows has neither. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/**
 * Reads a regular file of limited size.
 *
 * Folders of models may come from anyone, so what is not a regular file is refused: a FIFO would block a thread of
 * the pool for good, /dev/zero has no end, and opening a device may have effects of its own.
 *
 * @throws FileReadError
 */
export async function readFileBytes(path: string, { maxBytes }: ReadFileOptions): Promise<Buffer> {
  try {
    requireRegular(path, await stat(path));
    const file = await open(path, READ_WITHOUT_WAITING);
    try {
      // Asked again of the open file: the path may lead to another one by now.
      const stats = await file.stat();
      requireRegular(path, stats);
      if (stats.size > maxBytes) throw tooLarge(path, maxBytes);
      // One byte more shows the end without another read; files in /proc have a size of 0 and contents.
      let buffer = Buffer.allocUnsafe(stats.size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
        if (bytesRead === 0) return buffer.subarray(0, length);
        length += bytesRead;
        if (length > maxBytes) throw tooLarge(path, maxBytes);
        if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes) + 4096);
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof FileReadError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable';
    throw new FileReadError(reason, `Cannot read ${path}: ${message}`, { cause });
  }
}

/**
 * Reads a regular file of limited size as UTF-8.
 *
 * @throws FileReadError
 */
export async function readTextFile(path: string, options: ReadFileOptions): Promise<string> {
  return (await readFileBytes(path, options)).toString('utf8');
}

function requireRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  throw new FileReadError('not-a-file', `Cannot read ${path}: it is ${kindOf(stats)}, not a regular file`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function tooLarge(path: string, maxBytes: number): FileReadError {
  return new FileReadError('too-large', `Cannot read ${path}: it has more than ${maxBytes} bytes`);
}
