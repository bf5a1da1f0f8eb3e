import { InferenceError } from '../common/errors.js';
import type { ElementType, NativeCore, PortShapes, PropertyValue } from './binding.js';
import { CompiledModel } from './compiled-model.js';
import { handleOf } from './handle.js';
import { throwIfReaderIsMissing } from './loading/ir-reader.js';
import { binding } from './loading/load-binding.js';
import { Model } from './model.js';
import { native, nativeAsync } from './native-errors.js';
import type { CompileProperties } from './properties.js';

/** What `Core.compileModel` takes besides the model. */
export interface CompileModelOptions {
  /** Default: 'CPU'. */
  device?: string;
  properties?: CompileProperties;
  /** Shapes to compile for, by port name; the model itself keeps its own. */
  shapes?: PortShapes;
  /** Element types to compile inputs with, by port name, where the model's own are not wanted. */
  elementTypes?: Readonly<Record<string, ElementType>>;
}

/**
 * The OpenVINO runtime. One per environment is enough: plugins are loaded once per `Core`.
 *
 * Every method works on other threads and returns a promise.
 */
export class Core {
  readonly #handle: NativeCore;

  /** @throws RuntimeNotFoundError when the addon or the runtime cannot be loaded */
  constructor() {
    const { Core: make } = binding();
    this.#handle = native(() => new make());
  }

  /**
   * Reads OpenVINO IR; weights stay in their file. Without `binPath`, the .bin file beside the .xml.
   *
   * @throws ModelLoadError `MODEL_NOT_FOUND` without the files, or where one is no regular file; `MODEL_CORRUPT` for
   * an .xml of more than 256 MiB
   * @throws InferenceError `OPENVINO` when it is not a network
   * @throws RuntimeNotFoundError `RUNTIME_NOT_FOUND` naming the library when OpenVINO lacks the one that reads networks
   */
  async readModel(xmlPath: string, binPath?: string): Promise<Model> {
    try {
      return Model.wrap(await nativeAsync(() => this.#handle.readModel(xmlPath, binPath)));
    } catch (cause) {
      if (cause instanceof InferenceError) throwIfReaderIsMissing(cause);
      throw cause;
    }
  }

  /**
   * @throws InvalidArgumentError for a port the model does not have
   * @throws InferenceError `OPENVINO` for properties, a device or shapes that cannot be; `OUT_OF_MEMORY`
   */
  async compileModel(model: Model, options: CompileModelOptions = {}): Promise<CompiledModel> {
    const { device = 'CPU', properties, shapes, elementTypes } = options;
    return CompiledModel.wrap(
      await nativeAsync(() =>
        this.#handle.compileModel({ model: handleOf(model), device, properties, shapes, elementTypes }),
      ),
    );
  }

  /** Devices that can run a model here, e.g. `['CPU', 'GPU']`. */
  async availableDevices(): Promise<string[]> {
    return nativeAsync(() => this.#handle.availableDevices());
  }

  /** A property of a device, or of the runtime itself for `''`. */
  async getProperty(device: string, name: string): Promise<PropertyValue | string[] | undefined> {
    return nativeAsync(() => this.#handle.getProperty(device, name));
  }

  /** Sets properties for everything compiled later, on one device or, for `''`, on all. */
  async setProperty(device: string, properties: CompileProperties): Promise<void> {
    await nativeAsync(() => this.#handle.setProperty(device, properties));
  }
}

let shared: Core | undefined;

/** The environment's common `Core`, made on first use. */
export function sharedCore(): Core {
  return (shared ??= new Core());
}

/** The runtime's build number. */
export function openvinoVersion(): string {
  return binding().openvinoVersion;
}
