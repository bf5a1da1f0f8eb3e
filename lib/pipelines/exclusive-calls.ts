import { AsyncLocalStorage } from 'node:async_hooks';

import { linkedController, type LinkedController } from '../common/abort.js';
import { DisposedError, InferenceError } from '../common/errors.js';
import { runInAll, type TaskQueue } from '../components/index.js';

/** The queues that the callback now running was called under; a callback that has ended holds none. */
const callbackScope = new AsyncLocalStorage<{ queues: ReadonlySet<TaskQueue> }>();

/**
 * The calls of one pipeline: each waits for its turn at the networks it uses, and all end when the pipeline is
 * disposed.
 */
export class ExclusiveCalls {
  readonly #queues: ReadonlySet<TaskQueue>;
  readonly #running = new Set<{ controller: LinkedController; settled: Promise<unknown> }>();
  #disposed = false;

  constructor(queues: Iterable<TaskQueue>) {
    this.#queues = new Set(queues);
  }

  /** @throws DisposedError once the pipeline is disposed */
  requireOpen(): void {
    if (this.#disposed) throw new DisposedError('The pipeline');
  }

  /**
   * Runs a task when the networks are free for it.
   *
   * @param task - its signal aborts when the caller's does, or when the pipeline is disposed
   * @throws InferenceError `BUSY` inside a callback of a call that holds the networks: awaited there, it would wait
   * for its own end
   * @throws DisposedError; the signal's reason
   */
  async run<T>(task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.requireOpen();
    signal?.throwIfAborted();
    this.#refuseReentry();
    const controller = linkedController(signal);
    const result = runInAll(this.#queues, () => task(controller.signal), controller.signal);
    const call = { controller, settled: result.catch(() => undefined) };
    this.#running.add(call);
    try {
      return await result;
    } finally {
      this.#running.delete(call);
      controller.unlink();
    }
  }

  /** A callback of the user's, called while a task runs. Calls of the pipeline inside it are known to be inside. */
  callback<Parameters extends unknown[]>(
    callback: (...parameters: Parameters) => unknown,
  ): (...parameters: Parameters) => Promise<unknown> {
    return async (...parameters) => {
      const scope = { queues: this.#queues };
      try {
        return await callbackScope.run(scope, () => callback(...parameters));
      } finally {
        scope.queues = new Set();
      }
    };
  }

  /** Aborts all calls with DisposedError, refuses further ones, and waits until the last has ended. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const error = new DisposedError('The pipeline');
    for (const { controller } of this.#running) controller.abort(error);
    await Promise.all([...this.#running].map(({ settled }) => settled));
  }

  #refuseReentry(): void {
    const held = callbackScope.getStore()?.queues;
    if (!held || ![...this.#queues].some((queue) => held.has(queue))) return;
    throw new InferenceError(
      'BUSY',
      'The pipeline is called inside a callback of a call that uses the same networks, and would wait for that ' +
        'call to end. Call it after the generation, without awaiting it inside onStep.',
    );
  }
}
