import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { asSaveError } from '../common/save-error.js';

/** A process that downloads touches its file this often, however slow the hub is. */
const HEARTBEAT_MS = 2000;
/** A file not touched for this long was abandoned. */
const ABANDONED_AFTER_MS = 10_000;

const RELEASED = new Date(0);

/**
 * A blob that is still incomplete: `blobs/<hash>.<uuid>.incomplete`.
 *
 * Processes that share a cache need no lock, which network drives may not honour: each writes to a file of its own
 * name. To take over an abandoned file is to rename it, which only one process can. Should its former owner be alive
 * after all, both write the same bytes to the same places, and only the new owner can finish.
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
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * A file to write a blob to: that of an interrupted download, or a new one.
   *
   * @returns undefined while another process is downloading the blob
   * @throws SaveError
   */
  static async claim(blob: string): Promise<PartialFile | undefined> {
    return asSaveError(blob, async () => {
      const own = `${blob}.${randomUUID()}.incomplete`;
      const abandoned = await findAbandoned(blob);
      if (abandoned === 'in use') return undefined;
      if (abandoned !== undefined) {
        const won = await rename(abandoned.path, own).then(
          () => true,
          () => false,
        );
        if (!won) return undefined;
      }
      const handle = await open(own, abandoned === undefined ? 'wx+' : 'r+');
      const now = new Date();
      await handle.utimes(now, now);
      return new PartialFile(own, blob, handle, (await handle.stat()).size);
    });
  }

  get size(): number {
    return this.#size;
  }

  /** False after another process took the file over, as happens to one that was suspended for a while. */
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

  /** The hash of what is on the disk: SHA-256, or git's SHA-1 where `hash` has the length of one. */
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
   * Renames the file to the blob.
   *
   * @throws SaveError
   */
  async finish(): Promise<void> {
    await asSaveError(this.#blob, async () => {
      // Without this a power cut may leave a blob that is shorter than it should be.
      await this.#handle.sync();
      await this.#close();
      await rename(this.#path, this.#blob);
    });
  }

  /** Gives the file up, for the next download to continue. */
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

/** The largest abandoned file of a blob, unless a download of it is in progress. */
async function findAbandoned(blob: string): Promise<{ path: string } | 'in use' | undefined> {
  const [folder, start] = [dirname(blob), `${basename(blob)}.`];
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(start) && /^[0-9a-f-]{36}\.incomplete$/.test(name.slice(start.length)),
  );
  let largest: { path: string; size: number } | undefined;
  for (const path of names.map((name) => join(folder, name))) {
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (Date.now() - found.mtimeMs < ABANDONED_AFTER_MS) return 'in use';
    if (!largest || found.size > largest.size) largest = { path, size: found.size };
  }
  return largest;
}
