import { asyncDispose } from '../common/dispose-symbols.js';
import type { NativeCompiledModel, Port, PropertyValue } from './binding.js';
import { InferRequest } from './infer-request.js';
import { native, nativeAsync } from './native-errors.js';

/** A model made ready for one device. */
export class CompiledModel implements AsyncDisposable {
  readonly #handle: NativeCompiledModel;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];

  private constructor(handle: NativeCompiledModel) {
    this.#handle = handle;
    this.inputs = handle.inputs;
    this.outputs = handle.outputs;
  }

  /** @internal */
  static wrap(handle: NativeCompiledModel): CompiledModel {
    return new CompiledModel(handle);
  }

  /** @throws DisposedError after `dispose` */
  async createInferRequest(): Promise<InferRequest> {
    const request = await nativeAsync(() => this.#handle.createInferRequest());
    return InferRequest.wrap(request, this.inputs, this.outputs);
  }

  /**
   * A property as the device finally took it, e.g. `INFERENCE_PRECISION_HINT`.
   *
   * @throws DisposedError after `dispose`
   */
  getProperty(name: string): PropertyValue | string[] | undefined {
    return native(() => this.#handle.getProperty(name));
  }

  /** Frees the model's memory, once the requests made from it are disposed too. */
  async dispose(): Promise<void> {
    await nativeAsync(() => this.#handle.dispose());
  }

  /** `dispose()`, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
