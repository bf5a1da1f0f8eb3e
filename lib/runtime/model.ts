import type { NativeModel, Port, PortShapes } from './binding.js';
import { nativeAsync } from './native-errors.js';

/** A network as read from disk: cheap to keep, since its weights stay mapped from their file. */
export class Model implements Disposable {
  /** @internal */
  readonly handle: NativeModel;

  /** @internal */
  constructor(handle: NativeModel) {
    this.handle = handle;
  }

  get inputs(): readonly Port[] {
    return this.handle.inputs;
  }

  get outputs(): readonly Port[] {
    return this.handle.outputs;
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

  /** Lets go of the network and its mapping; what was compiled from it lives on. */
  dispose(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
