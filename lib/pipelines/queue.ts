import { DisposedError } from '../common/errors.js';

/**
 * Runs tasks one after another in the order they came. The models of a pipeline can do one thing at a time; callers
 * need not know.
 */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * @param signal - an abort while the task still waits takes it out of the queue at once
   * @throws the signal's reason, DisposedError once the queue is closed, or what the task throws
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#assertOpen();
    signal?.throwIfAborted();
    const before = this.#last;
    let started = false;
    const result = before.then(() => {
      started = true;
      this.#assertOpen();
      signal?.throwIfAborted();
      return task();
    });
    this.#last = result.catch(() => undefined);
    if (!signal) return result;

    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        if (!started) reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      result.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', leave);
      });
    });
  }

  /** Refuses what still waits and what comes; resolves when the running task has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  #assertOpen(): void {
    if (this.#closed) throw new DisposedError('The pipeline');
  }
}
