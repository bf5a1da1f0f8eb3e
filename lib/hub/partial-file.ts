import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { asSaveError } from '../common/save-error.js';

/** Who downloads touches the file this often, however slow the hub is. */
const TOUCHED_EVERY_MS = 2000;
/** A file not touched for so long is nobody's. */
const ABANDONED_AFTER_MS = 10_000;

const RELEASED = new Date(0);

/**
 * A blob that is not whole yet: `blobs/<hash>.<uuid>.incomplete`.
 *
 * Processes on one cache keep out of each other's way without a lock, which network drives may not honour: each
 * writes to a file that is its own by name. Taking over what another left is a renaming, which one of them wins; and
 * were the other alive after all, both would write the same bytes to the same places, and only the winner can finish.
 */
export class PartialFile {
  readonly #path: string;
  readonly #blob: string;
  readonly #handle: FileHandle;
  readonly #heartbeat: NodeJS.Timeout;
  #size: number;

  private constructor(path: string, blob: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#blob = blob;
    this.#handle = handle;
    this.#size = size;
    this.#heartbeat = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => undefined);
    }, TOUCHED_EVERY_MS);
    this.#heartbeat.unref();
  }

  /**
   * A file to write a blob to: what was left of an earlier download, or a new one.
   *
   * @returns undefined while another process is downloading the blob
   * @throws SaveError
   */
  static async claim(blob: string): Promise<PartialFile | undefined> {
    return asSaveError(blob, async () => {
      const own = `${blob}.${randomUUID()}.incomplete`;
      const left = await findLeft(blob);
      if (left === 'in use') return undefined;
      if (left !== undefined) {
        const won = await rename(left.path, own).then(
          () => true,
          () => false,
        );
        if (!won) return undefined;
      }
      const handle = await open(own, left === undefined ? 'wx+' : 'r+');
      const now = new Date();
      await handle.utimes(now, now);
      return new PartialFile(own, blob, handle, (await handle.stat()).size);
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Whether nobody has taken the file over, as happens to a process that was stopped for a while. */
  async isOwn(): Promise<boolean> {
    return (await stat(this.#path).catch(() => undefined)) !== undefined;
  }

  /** @throws SaveError */
  async append(chunk: Uint8Array): Promise<void> {
    await asSaveError(this.#blob, async () => {
      for (let written = 0; written < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(
          chunk,
          written,
          chunk.length - written,
          this.#size + written,
        );
        written += bytesWritten;
      }
    });
    this.#size += chunk.length;
  }

  /** @throws SaveError */
  async restart(): Promise<void> {
    await asSaveError(this.#blob, () => this.#handle.truncate(0));
    this.#size = 0;
  }

  /** The hash of what is on the disk: SHA-256, or git's SHA-1 where the hash to compare with is as short as one. */
  async hashLike(hash: string): Promise<string> {
    const digest = createHash(hash.length === 64 ? 'sha256' : 'sha1');
    if (hash.length !== 64) digest.update(`blob ${this.#size}\0`);
    return asSaveError(this.#blob, async () => {
      for await (const chunk of createReadStream(this.#path, { highWaterMark: 2 ** 20 })) {
        digest.update(chunk as Buffer);
      }
      return digest.digest('hex');
    });
  }

  /**
   * Makes the file the blob.
   *
   * @throws SaveError
   */
  async finish(): Promise<void> {
    await asSaveError(this.#blob, async () => {
      // Without this a blob may be shorter than its name promises after a power cut.
      await this.#handle.sync();
      await this.#close();
      await rename(this.#path, this.#blob);
    });
  }

  /** Leaves what is there to whoever goes on. */
  async release(): Promise<void> {
    await this.#handle.utimes(RELEASED, RELEASED).catch(() => undefined);
    await this.#close().catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async #close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#handle.close();
  }
}

/** The largest file left of downloads of a blob, unless one of them is still going on. */
async function findLeft(blob: string): Promise<{ path: string } | 'in use' | undefined> {
  const [folder, start] = [dirname(blob), `${basename(blob)}.`];
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(start) && /^[0-9a-f-]{36}\.incomplete$/.test(name.slice(start.length)),
  );
  let left: { path: string; size: number } | undefined;
  for (const path of names.map((name) => join(folder, name))) {
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (Date.now() - found.mtimeMs < ABANDONED_AFTER_MS) return 'in use';
    if (!left || found.size > left.size) left = { path, size: found.size };
  }
  return left;
}
