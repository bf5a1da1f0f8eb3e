import { DisposedError } from '../common/errors.js';
import type { ShapedModel } from './shaped-model.js';
import type { TaskQueue } from './task-queue.js';

/** A network that is read when it is first asked for. One that cannot be read is tried again the next time. */
export class LazyModel {
  readonly queue: TaskQueue;
  readonly #read: () => Promise<ShapedModel>;
  #reading: Promise<ShapedModel> | undefined;
  #opened: ShapedModel | undefined;
  #disposed = false;

  constructor(queue: TaskQueue, read: () => Promise<ShapedModel>) {
    this.queue = queue;
    this.#read = read;
  }

  /** The network once it is read. */
  get opened(): ShapedModel | undefined {
    return this.#opened;
  }

  get inferencePrecision(): string | undefined {
    return this.#opened?.inferencePrecision;
  }

  /** @throws DisposedError; ModelLoadError when it cannot be read */
  async get(): Promise<ShapedModel> {
    if (this.#disposed) throw new DisposedError('The model');
    this.#reading ??= this.#open();
    return this.#reading;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const model = await this.#reading?.catch(() => undefined);
    await model?.dispose();
  }

  async #open(): Promise<ShapedModel> {
    try {
      this.#opened = await this.#read();
      return this.#opened;
    } catch (error) {
      this.#reading = undefined;
      throw error;
    }
  }
}
