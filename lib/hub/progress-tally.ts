import type { RepoFile } from './repo-file.js';
import type { DownloadProgress } from './snapshot-options.js';

/** Sums the progress of a model's files, and reports it. */
export class ProgressTally {
  readonly #bytesOf: Map<string, number>;
  readonly #totalBytes: number;
  readonly #onProgress: (progress: DownloadProgress) => void;
  #bytes = 0;
  #filesDone = 0;

  constructor(files: readonly RepoFile[], onProgress: (progress: DownloadProgress) => void) {
    this.#bytesOf = new Map(files.map(({ path }) => [path, 0]));
    this.#totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    this.#onProgress = onProgress;
  }

  /** @param bytes - of this file so far; fewer than before when its download starts over */
  update(file: RepoFile, bytes: number): void {
    this.#bytes += bytes - (this.#bytesOf.get(file.path) ?? 0);
    this.#bytesOf.set(file.path, bytes);
    this.#onProgress({
      file: file.path,
      fileBytes: bytes,
      fileTotal: file.size,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      filesDone: this.#filesDone,
      files: this.#bytesOf.size,
    });
  }

  done(file: RepoFile): void {
    this.#filesDone++;
    this.update(file, file.size);
  }
}
