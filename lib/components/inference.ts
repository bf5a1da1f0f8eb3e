import { raceAbort } from '../common/abort.js';
import { InferenceError } from '../common/errors.js';
import type { PortShapes } from '../runtime/index.js';
import type { PinnedVariant, ShapedModel } from './shaped-model.js';

/** One run of a pipeline: its signal, and the time its native calls took. */
export class InferenceContext {
  readonly signal: AbortSignal | undefined;
  /** Seconds spent in native inference so far. */
  inferenceSeconds = 0;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /**
   * The network compiled for these shapes. A compilation cannot be stopped: after an abort it goes on, and its result
   * serves the next call.
   *
   * @throws the signal's reason once it is aborted
   */
  async acquire(model: ShapedModel, shapes: PortShapes): Promise<PinnedVariant> {
    const acquiring = model.acquire(shapes);
    try {
      return await raceAbort(acquiring, this.signal);
    } catch (error) {
      void acquiring.then(
        (variant) => {
          variant.release();
        },
        () => undefined,
      );
      throw error;
    }
  }

  /**
   * Runs the variant's request. An abort reaches the running inference at once, between two of its operations, and not only
   * at the next step.
   *
   * @throws the signal's reason once it is aborted
   * @throws ModelLoadError `MODEL_CORRUPT` when the network's files were written to meanwhile
   */
  async run(variant: PinnedVariant): Promise<void> {
    const { request } = variant;
    this.signal?.throwIfAborted();
    variant.verifyFiles();
    const cancel = (): void => {
      request.cancel();
    };
    this.signal?.addEventListener('abort', cancel, { once: true });
    const start = performance.now();
    try {
      await request.infer();
      variant.verifyFiles();
    } catch (error) {
      if (error instanceof InferenceError && error.code === 'CANCELLED') this.signal?.throwIfAborted();
      throw error;
    } finally {
      this.inferenceSeconds += (performance.now() - start) / 1000;
      this.signal?.removeEventListener('abort', cancel);
    }
  }
}
