import { AsyncLocalStorage } from 'node:async_hooks';

import { linkedController, type LinkedController } from '../common/abort.js';
import { DisposedError, InferenceError } from '../common/errors.js';
import { runInAll, TaskQueue } from '../components/index.js';

/** A callback of the user's while it runs. */
interface CallbackScope {
  /** Of the call it was called in; none once the callback has ended. */
  queues: ReadonlySet<TaskQueue>;
  /** What it calls in turn waits here. */
  readonly inner: TaskQueue;
  readonly pending: Set<Promise<unknown>>;
  readonly signal: AbortSignal | undefined;
}

const callbackScope = new AsyncLocalStorage<CallbackScope>();
/** The call whose task is running, and what its callbacks have begun. */
const runningCall = new AsyncLocalStorage<{ signal: AbortSignal; pending: Set<Promise<unknown>> }>();

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
    const pending = new Set<Promise<unknown>>();
    const withCallbacks = async (): Promise<T> => {
      try {
        return await runningCall.run({ signal: controller.signal, pending }, () => task(controller.signal));
      } finally {
        // An abort ends the task, but not at once what a callback had begun.
        await Promise.all(pending);
      }
    };
    const result = runInAll(this.#queues, withCallbacks, controller.signal);
    const call = { controller, settled: result.catch(() => undefined) };
    this.#running.add(call);
    try {
      return await result;
    } finally {
      this.#running.delete(call);
      controller.unlink();
    }
  }

  /**
   * Runs a task as `run` does, and inside a callback of a call that holds the networks at once: that call waits for
   * its callback, and the networks are free meanwhile. The callback ends when all it has begun so has ended.
   */
  async runAlsoInCallback<T>(task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const scope = callbackScope.getStore();
    if (!scope || ![...this.#queues].every((queue) => scope.queues.has(queue))) return this.run(task, signal);
    this.requireOpen();
    signal?.throwIfAborted();
    const controller = linkedController(scope.signal);
    const follow = (): void => {
      controller.abort(signal?.reason);
    };
    signal?.addEventListener('abort', follow, { once: true });
    const result = scope.inner.run(() => task(controller.signal), controller.signal);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    scope.pending.add(settled);
    try {
      return await result;
    } finally {
      scope.pending.delete(settled);
      signal?.removeEventListener('abort', follow);
      controller.unlink();
    }
  }

  /** A callback of the user's, called while a task runs. Calls of the pipeline inside it are known to be inside. */
  callback<Parameters extends unknown[]>(
    callback: (...parameters: Parameters) => unknown,
  ): (...parameters: Parameters) => Promise<unknown> {
    const call = runningCall.getStore();
    return async (...parameters) => {
      const pending = call?.pending ?? new Set<Promise<unknown>>();
      const scope: CallbackScope = {
        queues: this.#queues,
        inner: new TaskQueue(),
        pending,
        signal: call?.signal,
      };
      try {
        return await callbackScope.run(scope, () => callback(...parameters));
      } finally {
        scope.queues = new Set();
        await Promise.all(pending);
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
