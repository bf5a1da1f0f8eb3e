import { asyncDispose } from '../common/dispose-symbols.js';
import { DisposedError, InvalidArgumentError } from '../common/errors.js';
import type { ElementType, NativeInferRequest, Port } from './binding.js';
import { handleOf } from './handle.js';
import { native, nativeAsync } from './native-errors.js';
import { Tensor } from './tensor.js';

/** The index of the port called `name`, or given by its index. */
export function portIndex(ports: readonly Port[], name: string | number, kind: 'input' | 'output'): number {
  const index = typeof name === 'number' ? name : ports.findIndex((port) => port.names.includes(name));
  if (Number.isInteger(index) && index >= 0 && index < ports.length) return index;
  const known = ports.map((port, i) => port.names[0] ?? String(i)).join(', ');
  throw new InvalidArgumentError(
    `Expected one of the model's ${kind}s (${known}) but received ${String(name)}`,
  );
}

/**
 * One inference at a time over a compiled model; make several for several at once.
 *
 * @example
 * ```ts
 * await using request = await compiled.createInferRequest();
 * request.setInput('sample', new Tensor('f32', [1, 4, 64, 64], latents));
 * await request.infer();
 * using output = request.getOutput('out_sample');
 * console.log(output.shape, output.data);
 * ```
 */
export class InferRequest implements AsyncDisposable {
  readonly #handle: NativeInferRequest;
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #pending = new Set<Promise<void>>();
  #disposal: Promise<void> | undefined;

  private constructor(handle: NativeInferRequest, inputs: readonly Port[], outputs: readonly Port[]) {
    this.#handle = handle;
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  /** @internal */
  static wrap(handle: NativeInferRequest, inputs: readonly Port[], outputs: readonly Port[]): InferRequest {
    return new InferRequest(handle, inputs, outputs);
  }

  /**
   * Binds a tensor to an input, by name or index, until another is bound. An output of another request may be bound
   * as it is: it keeps its values for as long as it is, disposed or not.
   *
   * @throws InvalidArgumentError for a port the model does not have, or what is no tensor
   * @throws InferenceError `OPENVINO` for a tensor of another shape or type than the input's, `BUSY` while running
   */
  setInput(port: string | number, tensor: Tensor): void {
    this.#open(() => {
      this.#handle.setInput(portIndex(this.#inputs, port, 'input'), handleOf(tensor));
    });
  }

  /**
   * Binds the memory that an output is written to, until another is bound.
   *
   * @throws as `setInput`
   */
  setOutput(port: string | number, tensor: Tensor): void {
    this.#open(() => {
      this.#handle.setOutput(portIndex(this.#outputs, port, 'output'), handleOf(tensor));
    });
  }

  /**
   * Runs the model on what is bound. Works on OpenVINO's threads; the event loop stays free.
   *
   * @throws InvalidArgumentError when the buffer of a bound tensor was transferred away
   * @throws ShapeMismatchError when an output of a model with free dimensions has another shape than its bound tensor
   * @throws InferenceError `BUSY` when an inference of this request is still running, `CANCELLED` after `cancel()`
   * @throws DisposedError after `dispose`
   */
  async infer(): Promise<void> {
    const inference = nativeAsync(() => this.#open(() => this.#handle.infer()));
    this.#pending.add(inference);
    try {
      await inference;
    } finally {
      this.#pending.delete(inference);
    }
  }

  /** Asks a running inference to stop between two of its operations; its promise rejects with `CANCELLED`. */
  cancel(): void {
    native(() => {
      this.#handle.cancel();
    });
  }

  /**
   * An output, without copying. Its values never change: while the tensor, its data or another request that has it
   * bound holds on to it, the next inference writes elsewhere. Dispose it early to let its memory be used again. Where
   * `setOutput` has bound memory, that memory.
   *
   * @throws InvalidArgumentError for a port the model does not have
   * @throws InferenceError `BUSY` while running
   */
  getOutput<T extends ElementType = 'f32'>(port: string | number): Tensor<T> {
    return this.#open(() => Tensor.wrap<T>(this.#handle.getOutput(portIndex(this.#outputs, port, 'output'))));
  }

  /**
   * Cancels what runs, waits for its end, and frees the request. Every other method but `cancel` refuses from now on;
   * calling it again waits for the same end.
   */
  dispose(): Promise<void> {
    return (this.#disposal ??= this.#dispose());
  }

  /** `dispose()`, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #dispose(): Promise<void> {
    this.cancel();
    await Promise.allSettled(this.#pending);
    await nativeAsync(() => this.#handle.dispose());
  }

  #open<T>(call: () => T): T {
    if (this.#disposal) throw new DisposedError('The request');
    return native(call);
  }
}
