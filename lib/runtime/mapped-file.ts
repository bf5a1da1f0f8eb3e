import { dispose } from '../common/dispose-symbols.js';
import type { NativeMappedFile } from './binding.js';
import { binding } from './loading/load-binding.js';
import { native } from './native-errors.js';

/** A file whose bytes constants of a graph share, so that weights never pass through JavaScript. */
export class MappedFile implements Disposable {
  /** @internal */
  readonly handle: NativeMappedFile;

  /** @throws ModelLoadError `MODEL_NOT_FOUND` when the file cannot be opened, or is a pipe, a device or a folder */
  constructor(path: string) {
    this.handle = native(() => new (binding().MappedFile)(path));
  }

  /** Size of the file in bytes. */
  get byteLength(): number {
    return native(() => this.handle.byteLength);
  }

  /**
   * A copy of `length` bytes from `offset`.
   *
   * @throws InvalidArgumentError for a range outside the file
   */
  read(offset: number, length: number): Uint8Array {
    return native(() => this.handle.read(offset, length));
  }

  /** Drops the mapping; constants that share it keep it alive. */
  dispose(): void {
    this.handle.dispose();
  }

  /** `dispose()`, for `using`. */
  [dispose](): void {
    this.dispose();
  }
}
