import { raceAbort } from '../common/abort.js';

let created = 0;

/**
 * Runs tasks one after another, in the order of the calls. Networks do one thing at a time; callers need not know.
 */
export class TaskQueue {
  /** Queues are entered in this order wherever several are, so that no two tasks wait for each other. */
  readonly id = created++;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param signal - an abort while the task still waits takes it out of the queue at once
   * @throws the signal's reason, or what the task throws
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    let started = false;
    const result = this.#last.then(() => {
      signal?.throwIfAborted();
      started = true;
      return task();
    });
    this.#last = result.catch(() => undefined);
    if (!signal) return result;
    const waiting = raceAbort(result, signal);
    // Once it runs, the task itself ends on an abort, after what it has begun.
    return waiting.catch((error: unknown) => {
      if (started) return result;
      throw error;
    });
  }
}

/** Runs a task once all queues are free for it. */
export async function runInAll<T>(
  queues: Iterable<TaskQueue>,
  task: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const inOrder = [...new Set(queues)].sort((a, b) => b.id - a.id);
  return inOrder.reduce<() => Promise<T>>((inner, queue) => () => queue.run(inner, signal), task)();
}
