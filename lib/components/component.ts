import { asyncDispose } from '../common/dispose-symbols.js';
import type { NetworkSource } from '../models/index.js';
import type { ShapedModel } from './shaped-model.js';
import type { TaskQueue } from './task-queue.js';

/** What a component needs of its network, whenever it is read. */
type Network = Pick<ShapedModel, 'queue' | 'inferencePrecision' | 'dispose'>;

/**
 * A network together with what its ports and its configuration mean. Pipelines hold components and may share them:
 * one is disposed when its last holder releases it.
 */
export abstract class Component<Model extends Network = ShapedModel> implements AsyncDisposable {
  /** Where it was loaded from, with its configuration; what `savePretrained` writes. */
  readonly source: NetworkSource;
  /** What uses the network waits here for its turn; components loaded together share one. */
  readonly queue: TaskQueue;
  protected readonly model: Model;
  #holders = 0;

  protected constructor(source: NetworkSource, model: Model) {
    this.source = source;
    this.model = model;
    this.queue = model.queue;
  }

  /** How many pipelines hold it. */
  get holders(): number {
    return this.#holders;
  }

  /** The precision the network computes in, as its device says; undefined before anything is compiled. */
  get inferencePrecision(): string | undefined {
    return this.model.inferencePrecision;
  }

  /** Counts another holder; `release` is its counterpart. */
  retain(): void {
    this.#holders++;
  }

  /** Disposes the component with its last holder. */
  async release(): Promise<void> {
    if (--this.#holders <= 0) await this.dispose();
  }

  /** Frees the network and all that was compiled from it. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  /** `dispose()`, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
