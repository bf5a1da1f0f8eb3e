import { dispose } from '../common/dispose-symbols.js';
import type { NativeModel, Port, PortShapes } from './binding.js';
import { native, nativeAsync } from './native-errors.js';

/** A network as read from disk: cheap to keep, since its weights stay mapped from their file. */
export class Model implements Disposable {
  /** @internal */
  readonly handle: NativeModel;

  private constructor(handle: NativeModel) {
    this.handle = handle;
  }

  /** @internal */
  static wrap(handle: NativeModel): Model {
    return new Model(handle);
  }

  /** Its parameters, in order. */
  get inputs(): readonly Port[] {
    return this.handle.inputs;
  }

  /** Its results, in order. */
  get outputs(): readonly Port[] {
    return this.handle.outputs;
  }

  /**
   * Bytes of the network's weights in memory once it is compiled.
   *
   * @param floatBytes - of one element in the precision of inference: 2 for bf16 and f16, 4 for f32
   */
  weightBytes(floatBytes: 1 | 2 | 4): number {
    return native(() => this.handle.weightBytes(floatBytes));
  }

  /**
   * Gives inputs new shapes, by port name, in place.
   *
   * @throws InvalidArgumentError for a name the model does not have
   * @throws InferenceError `OPENVINO` when the network cannot take such shapes
   */
  async reshape(shapes: PortShapes): Promise<void> {
    await nativeAsync(() => this.handle.reshape(shapes));
  }

  /**
   * Writes the network as OpenVINO IR, as it is.
   *
   * @throws InferenceError `OPENVINO` when the files cannot be written
   */
  async serialize(xmlPath: string, binPath: string): Promise<void> {
    await nativeAsync(() => this.handle.serialize(xmlPath, binPath));
  }

  /** Frees the network and its mapping; what was compiled from it lives on. */
  dispose(): void {
    this.handle.dispose();
  }

  /** `dispose()`, for `using`. */
  [dispose](): void {
    this.dispose();
  }
}
