import type { RepoFile } from './listing.js';
import type { DownloadProgress } from './snapshot-options.js';

/** Adds up how far the files of a model are. */
export class ProgressTally {
  readonly #bytesOf: Map<string, number>;
  readonly #total: number;
  readonly #tell: (progress: DownloadProgress) => void;
  #bytes = 0;
  #done = 0;

  constructor(files: readonly RepoFile[], tell: (progress: DownloadProgress) => void) {
    this.#bytesOf = new Map(files.map(({ path }) => [path, 0]));
    this.#total = files.reduce((sum, { size }) => sum + size, 0);
    this.#tell = tell;
  }

  /** @param bytes - of this file, all told; fewer than before when it has to be begun again */
  reached(file: RepoFile, bytes: number): void {
    this.#bytes += bytes - (this.#bytesOf.get(file.path) ?? 0);
    this.#bytesOf.set(file.path, bytes);
    this.#tell({
      file: file.path,
      fileBytes: bytes,
      fileTotal: file.size,
      bytes: this.#bytes,
      totalBytes: this.#total,
      filesDone: this.#done,
      files: this.#bytesOf.size,
    });
  }

  done(file: RepoFile): void {
    this.#done++;
    this.reached(file, file.size);
  }
}
