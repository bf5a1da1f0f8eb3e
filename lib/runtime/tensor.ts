import { types } from 'node:util';

import { dispose } from '../common/dispose-symbols.js';
import { InvalidArgumentError } from '../common/errors.js';
import type { ElementType, NativeTensor, TypedArrayOf } from './binding.js';
import { binding } from './loading/load-binding.js';
import { native } from './native-errors.js';

/**
 * Elements in row-major order together with their shape, for requests to read and write.
 *
 * Without `data` the memory is OpenVINO's and starts as zeros: requests read and write it directly, and `data` is a
 * view of it. This is the way for what is written anew for each inference.
 *
 * With `data`, the tensor is over your typed array, and you may do with its buffer as you like: `infer()` copies an
 * input when it is called, and an output once the inference has ended. A buffer that was transferred by then
 * (`postMessage`, `structuredClone`, `ArrayBuffer.prototype.transfer`) is refused with `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * const timestep = new Tensor('f32', [1]);
 * request.setInput('timestep', timestep);
 * timestep.data[0] = 999;
 * await request.infer();
 * ```
 */
export class Tensor<T extends ElementType = ElementType> implements Disposable {
  /** @internal */
  declare readonly handle: NativeTensor;

  /**
   * @param elementType - 'f32', 'f64', 'f16', 'bf16', 'f8e4m3', 'f8e5m2', 'i8', 'i32', 'i64', 'u8' or 'boolean'
   * @param shape - whole numbers; `[]` is a scalar
   * @param data - the elements in row-major order; their number must be the product of `shape`. Default: zeros, in
   * native memory
   * @throws InvalidArgumentError for a typed array of the wrong kind, or one over a resizable ArrayBuffer or a
   * SharedArrayBuffer
   * @throws ShapeMismatchError when `data` is not as long as `shape` says
   * @throws InferenceError `OUT_OF_MEMORY`
   */
  constructor(elementType: T, shape: readonly number[], data?: TypedArrayOf[T]) {
    if (data !== undefined) refuseResizable(data);
    this.handle = native(() => new (binding().Tensor)(elementType, shape, data));
  }

  /** @internal */
  static wrap<T extends ElementType>(handle: NativeTensor): Tensor<T> {
    return Object.assign(Object.create(Tensor.prototype) as Tensor<T>, { handle });
  }

  /** The elements, live: of native memory a view, otherwise the typed array that was given. */
  get data(): TypedArrayOf[T] {
    return native(() => this.handle.data) as TypedArrayOf[T];
  }

  /** Its dimensions; `[]` for a scalar. */
  get shape(): number[] {
    return native(() => this.handle.shape);
  }

  /** The type of its elements, by OpenVINO's name. */
  get elementType(): T {
    return native(() => this.handle.elementType) as T;
  }

  /** Gives native memory back once no request has it bound; views of it read as empty afterwards. */
  dispose(): void {
    native(() => {
      this.handle.dispose();
    });
  }

  /** `dispose()`, for `using`. */
  [dispose](): void {
    this.dispose();
  }
}

function refuseResizable(data: NodeJS.TypedArray): void {
  // Anything else than a typed array over an ArrayBuffer is refused by the addon.
  if (!types.isTypedArray(data) || !types.isArrayBuffer(data.buffer)) return;
  // Asks the prototype, since a buffer may have a property of that name. Memory is safe whatever it answers.
  if (Reflect.get(ArrayBuffer.prototype, 'resizable', data.buffer) !== true) return;
  throw new InvalidArgumentError(
    'Expected a typed array of fixed length, not one over a resizable ArrayBuffer. Copy it first: array.slice()',
  );
}
