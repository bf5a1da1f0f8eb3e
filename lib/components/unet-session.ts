import type { Tensor } from '../runtime/index.js';
import type { InferenceContext } from './inference.js';
import type { PinnedVariant } from './shaped-model.js';

/** Memory bound to a UNet for one generation. */
export class UNetSession {
  /** What the next prediction reads: shape [batch, inChannels, height, width]. */
  readonly sample: Float32Array;
  readonly #variant: PinnedVariant;
  readonly #timestep: Float32Array;
  readonly #context: InferenceContext;
  readonly #check: (prediction: Tensor<'f32'>) => void;
  #output: Tensor<'f32'> | undefined;

  /** @internal */
  constructor(
    variant: PinnedVariant,
    sample: Float32Array,
    timestep: Float32Array,
    context: InferenceContext,
    check: (prediction: Tensor<'f32'>) => void,
  ) {
    this.#variant = variant;
    this.#context = context;
    this.#check = check;
    this.sample = sample;
    this.#timestep = timestep;
  }

  /**
   * Runs the network on `sample` at this timestep.
   *
   * @throws ModelLoadError `MODEL_CORRUPT` for a prediction of another shape
   * @returns the prediction, shape [batch, outChannels, height, width]; a view that the next call empties
   */
  async predict(timestep: number): Promise<Float32Array> {
    this.#timestep.fill(timestep);
    this.#returnOutput();
    await this.#context.run(this.#variant);
    this.#output = this.#variant.request.getOutput(0);
    this.#check(this.#output);
    return this.#output.data;
  }

  /** Ends the session: its output is returned, and the network may be evicted again. */
  release(): void {
    this.#returnOutput();
    this.#variant.release();
  }

  #returnOutput(): void {
    this.#output?.dispose();
    this.#output = undefined;
  }
}
