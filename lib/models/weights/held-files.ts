import { closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

import { ModelLoadError } from '../../common/errors.js';

/** Opening a FIFO waits for a writer without this flag. Windows has neither. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Which file it is, and what changes when it is written to. */
interface Stamp {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly modified: bigint;
}

interface Held {
  readonly path: string;
  readonly descriptor: number;
  readonly stamp: Stamp;
}

/**
 * Files of weights that stay mapped while a network is used.
 *
 * Compiled networks read some of their weights from the mapping: those that the device computes with as they are
 * stored. Reading a part that the file does not have any more ends the process with SIGBUS, and a file written over
 * changes the weights. Whoever replaces files by renaming, as package managers, downloads and editors do, harms
 * nothing; `cp` over a file, or cutting it, does. So each file is held open, and compared before it is used again:
 * that takes some microseconds. What a file suffers during one inference or compilation cannot be prevented.
 */
export class HeldFiles {
  readonly #paths: readonly string[];
  #held: readonly Held[] = [];
  #holders = 0;

  constructor(paths: readonly string[]) {
    this.#paths = [...new Set(paths)];
  }

  /**
   * Opens the files, before they are mapped, until as many calls of `release`.
   *
   * @throws ModelLoadError `MODEL_NOT_FOUND`; `MODEL_CORRUPT` for what is not a regular file
   */
  hold(): void {
    if (this.#holders === 0) this.#held = openAll(this.#paths);
    this.#holders++;
  }

  /**
   * Checks that nobody has written to the files since they were opened.
   *
   * @throws ModelLoadError `MODEL_CORRUPT` naming the file
   */
  verify(): void {
    for (const { path, descriptor, stamp } of this.#held) {
      if (!isSame(stampOf(fstatSync(descriptor, { bigint: true })), stamp)) throw changed(path);
    }
  }

  /**
   * Checks that the files' paths still lead to what is held, unchanged: whoever copies them by path, or has just mapped
   * them, then has the same.
   *
   * @throws ModelLoadError `MODEL_CORRUPT` naming the file
   */
  async verifyPaths(): Promise<void> {
    this.verify();
    for (const { path, stamp } of this.#held) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (!found || !isSame(stampOf(found), stamp)) throw changed(path);
    }
  }

  release(): void {
    if (this.#holders === 0 || --this.#holders > 0) return;
    const held = this.#held;
    this.#held = [];
    for (const { descriptor } of held) closeSync(descriptor);
  }
}

function openAll(paths: readonly string[]): Held[] {
  const held: Held[] = [];
  try {
    for (const path of paths) held.push(openOne(path));
    return held;
  } catch (error) {
    for (const { descriptor } of held) closeSync(descriptor);
    throw error;
  }
}

function openOne(path: string): Held {
  let descriptor: number;
  try {
    descriptor = openSync(path, READ_WITHOUT_WAITING);
  } catch (cause) {
    throw new ModelLoadError('MODEL_NOT_FOUND', `Cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const stats = fstatSync(descriptor, { bigint: true });
  if (stats.isFile()) return { path, descriptor, stamp: stampOf(stats) };
  closeSync(descriptor);
  throw new ModelLoadError('MODEL_CORRUPT', `Cannot read ${path}: it is not a regular file`);
}

function stampOf({ dev, ino, size, mtimeNs }: BigIntStats): Stamp {
  return { device: dev, inode: ino, size, modified: mtimeNs };
}

function isSame(a: Stamp, b: Stamp): boolean {
  return a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified;
}

function changed(path: string): ModelLoadError {
  return new ModelLoadError(
    'MODEL_CORRUPT',
    `${path} has changed since it was loaded. Load the model again; a file in use can be replaced by renaming another ` +
      'into its place, but not written over',
  );
}
