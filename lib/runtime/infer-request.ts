import { InvalidArgumentError } from '../common/errors.js';
import type { ElementType, NativeInferRequest, Port } from './binding.js';
import { native, nativeAsync } from './native-errors.js';
import { Tensor } from './tensor.js';

/** The place of the port called `name`, or named by its place. */
export function portIndex(ports: readonly Port[], name: string | number, kind: 'input' | 'output'): number {
  const index = typeof name === 'number' ? name : ports.findIndex((port) => port.names.includes(name));
  if (index >= 0 && index < ports.length) return index;
  const known = ports.map((port, i) => port.names[0] ?? String(i)).join(', ');
  throw new InvalidArgumentError(`Expected one of the model's ${kind}s (${known}) but received ${name}`);
}

/** One inference at a time over a compiled model; make several for several at once. */
export class InferRequest implements AsyncDisposable {
  readonly #handle: NativeInferRequest;
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #pending = new Set<Promise<void>>();
  #disposed = false;

  /** @internal */
  constructor(handle: NativeInferRequest, inputs: readonly Port[], outputs: readonly Port[]) {
    this.#handle = handle;
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  /** Binds a tensor to an input, by name or index, until another is bound. */
  setInput(port: string | number, tensor: Tensor): void {
    native(() => {
      this.#handle.setInput(portIndex(this.#inputs, port, 'input'), tensor.handle);
    });
  }

  /** Binds the memory that an output is written to. */
  setOutput(port: string | number, tensor: Tensor): void {
    native(() => {
      this.#handle.setOutput(portIndex(this.#outputs, port, 'output'), tensor.handle);
    });
  }

  /**
   * Runs the model on what is bound. Works on OpenVINO's threads; the event loop stays free.
   *
   * @throws InferenceError `BUSY` when an inference of this request is still running, `CANCELLED` after `cancel()`
   */
  async infer(): Promise<void> {
    const inference = nativeAsync(() => this.#handle.infer());
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
   * Lends an output without copying. What was lent never changes: while it is held, the next inference writes
   * elsewhere. Dispose it early to let memory be used again.
   */
  getOutput<T extends ElementType = 'f32'>(port: string | number): Tensor<T> {
    return new Tensor<T>(native(() => this.#handle.getOutput(portIndex(this.#outputs, port, 'output'))));
  }

  /** Cancels what runs, waits for its end, and frees the request. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.cancel();
    await Promise.allSettled(this.#pending);
    this.#handle.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
