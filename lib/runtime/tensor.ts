import type { Binding, ElementType, NativeTensor, TypedArrayOf } from './binding.js';
import { binding } from './loading/load-binding.js';
import { native } from './native-errors.js';

/**
 * A typed array together with its shape, in memory that OpenVINO reads and writes directly: nothing is copied in
 * either direction.
 *
 * A tensor bound to a request must not have its buffer transferred (`postMessage` with a transfer list,
 * `structuredClone`, `ArrayBuffer.prototype.transfer`) until the request's inference has ended; before an inference
 * starts, a detached buffer is found and refused.
 */
export class Tensor<T extends ElementType = ElementType> implements Disposable {
  /** @internal */
  readonly handle: NativeTensor;

  /**
   * @param elementType - 'f32', 'f16', 'bf16', 'i32', 'i64', 'u8' or 'boolean'
   * @param shape - whole numbers; `[]` is a scalar
   * @param data - the elements in row-major order; their number must be the product of `shape`
   * @throws InvalidArgumentError (`INVALID_ARGUMENT`) for a typed array of the wrong kind
   * @throws ShapeMismatchError when `data` is not as long as `shape` says
   */
  constructor(elementType: T, shape: readonly number[], data: TypedArrayOf[T]);
  /** @internal */
  constructor(handle: NativeTensor);
  constructor(first: T | NativeTensor, shape?: readonly number[], data?: TypedArrayOf[T]) {
    if (typeof first === 'object') {
      this.handle = first;
      return;
    }
    const make: Binding['Tensor'] = binding().Tensor;
    this.handle = native(() => new make(first, shape!, data!));
  }

  /** The elements, live: a view of the memory itself. */
  get data(): TypedArrayOf[T] {
    return native(() => this.handle.data) as TypedArrayOf[T];
  }

  get shape(): number[] {
    return native(() => this.handle.shape);
  }

  get elementType(): T {
    return native(() => this.handle.elementType) as T;
  }

  /** Gives back memory that a request lent; views of it read as empty afterwards. */
  dispose(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
