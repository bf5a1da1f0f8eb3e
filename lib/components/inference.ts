import { InferenceError } from '../common/errors.js';
import type { InferRequest } from '../runtime/index.js';

/** What one run of a pipeline keeps with it: how it is stopped, and the time its native calls took. */
export class InferenceContext {
  readonly signal: AbortSignal | undefined;
  /** Seconds spent waiting for native inference so far. */
  inferenceSeconds = 0;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /**
   * Waits for something that cannot be stopped itself, a compilation say; after an abort it goes on unheard.
   *
   * @throws the signal's reason once it is aborted
   */
  async wait<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    if (!signal) return work;
    let leave: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      leave = () => {
        reject(signal.reason as Error);
      };
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      if (leave) signal.removeEventListener('abort', leave);
      work.catch(() => undefined);
    }
  }

  /**
   * Runs the request. An abort reaches the running inference at once, between two of its operations, and not only
   * at the next step.
   *
   * @throws the signal's reason once it is aborted
   */
  async run(request: InferRequest): Promise<void> {
    this.signal?.throwIfAborted();
    const cancel = (): void => {
      request.cancel();
    };
    this.signal?.addEventListener('abort', cancel, { once: true });
    const start = performance.now();
    try {
      await request.infer();
    } catch (error) {
      if (error instanceof InferenceError && error.code === 'CANCELLED') this.signal?.throwIfAborted();
      throw error;
    } finally {
      this.inferenceSeconds += (performance.now() - start) / 1000;
      this.signal?.removeEventListener('abort', cancel);
    }
  }
}
