import { basename, dirname } from 'node:path';

import {
  DisposedError,
  InferenceError,
  InvalidArgumentError,
  ModelLoadError,
  ShapeMismatchError,
} from '../../lib/common/errors.js';
import type * as runtime from '../../lib/runtime/index.js';
import type { CompileModelOptions, ElementType, Port, TypedArrayOf } from '../../lib/runtime/index.js';
import { forbidAddon } from './forbid-addon.js';
import type { FakeNetwork, Inputs } from './fake-network.js';

/**
 * Stands in for lib/runtime/index.js in tests without OpenVINO:
 *
 * ```ts
 * vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));
 * ```
 *
 * Tensors, requests and what they lend behave as lib/runtime documents; networks are `FakeNetwork`s.
 */
forbidAddon();

const ARRAYS = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f8e4m3: Uint8Array,
  f8e5m2: Uint8Array,
  i8: Int8Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  boolean: Uint8Array,
} as const;

type TensorSurface<T extends ElementType> = Pick<
  runtime.Tensor<T>,
  'data' | 'shape' | 'elementType' | 'dispose' | typeof Symbol.dispose
>;

export class Tensor<T extends ElementType = ElementType> implements TensorSurface<T> {
  readonly elementType: T;
  readonly shape: number[];
  readonly #data: TypedArrayOf[T];
  #isDisposed = false;
  /** Set for outputs that are lent. */
  onDispose: (() => void) | undefined;

  constructor(elementType: T, shape: readonly number[], data?: TypedArrayOf[T]) {
    const make = ARRAYS[elementType];
    if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new InvalidArgumentError(`Expected a shape of whole numbers but received [${shape.join(', ')}]`);
    }
    const elements = shape.reduce((product, size) => product * size, 1);
    this.#data = data ?? (new make(elements) as TypedArrayOf[T]);
    if (!(this.#data instanceof make)) {
      throw new InvalidArgumentError(`Expected a ${make.name} for ${elementType}`);
    }
    if (this.#data.length !== elements) {
      throw new ShapeMismatchError(
        `A tensor of [${shape.join(', ')}] has ${elements} elements, not ${this.#data.length}`,
      );
    }
    this.elementType = elementType;
    this.shape = [...shape];
  }

  get data(): TypedArrayOf[T] {
    if (this.#isDisposed) throw new DisposedError('The tensor');
    return this.#data;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.onDispose?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export class Model implements Pick<runtime.Model, 'inputs' | 'outputs' | 'weightBytes' | 'dispose'> {
  readonly network: FakeNetwork;
  isDisposed = false;

  constructor(network: FakeNetwork) {
    this.network = network;
    network.alive.models++;
  }

  get inputs(): readonly Port[] {
    return this.network.inputs;
  }

  get outputs(): readonly Port[] {
    return this.network.outputs;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.network.alive.models--;
  }

  weightBytes(floatBytes: number): number {
    return this.network.weightElements * floatBytes;
  }
}

type RequestSurface = Pick<runtime.InferRequest, 'setInput' | 'infer' | 'cancel' | 'getOutput' | 'dispose'>;

export class InferRequest implements RequestSurface {
  readonly #network: FakeNetwork;
  readonly #inputPorts: readonly Port[];
  readonly #bound = new Map<string, Tensor>();
  #outputs: ReturnType<FakeNetwork['compute']> = {};
  /** Outputs of the last inference that are lent. */
  readonly #lent = new Map<string, Tensor<'f32'>>();
  #running: { cancel: () => void; ended: Promise<void> } | undefined;
  #disposal: Promise<void> | undefined;

  constructor(network: FakeNetwork, inputPorts: readonly Port[]) {
    this.#network = network;
    this.#inputPorts = inputPorts;
    network.alive.requests++;
  }

  setInput(name: string | number, tensor: runtime.Tensor): void {
    this.#requireIdle();
    const input = portAt(this.#inputPorts, name);
    const { elementType, shape } = tensor;
    if (elementType !== input.elementType || !accepts(input.shape, shape)) {
      throw new InferenceError(
        'OPENVINO',
        `${input.names[0]} is ${input.elementType} ${JSON.stringify(input.shape)}, not ${elementType} [${shape.join(', ')}]`,
      );
    }
    this.#bound.set(input.names[0]!, tensor as unknown as Tensor);
  }

  async infer(): Promise<void> {
    this.#requireIdle();
    const inputs = this.#readInputs();
    this.#lent.clear();
    this.#network.inferences.push(inputs);
    let cancel!: () => void;
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => {
        this.#network.cancelled++;
        reject(new InferenceError('CANCELLED', 'The inference was cancelled'));
      };
    });
    const inference = Promise.race([this.#network.inference(), cancelled]).then(() => {
      this.#outputs = this.#network.compute(inputs);
    });
    const ended = inference
      .catch(() => undefined)
      .then(() => {
        this.#running = undefined;
      });
    this.#running = { cancel, ended };
    await ended;
    await inference;
  }

  cancel(): void {
    this.#running?.cancel();
  }

  getOutput<T extends ElementType = 'f32'>(name: string | number): runtime.Tensor<T> {
    this.#requireIdle();
    const key = portAt(this.#network.outputs, name).names[0] ?? String(name);
    const known = this.#lent.get(key);
    if (known && !known.isDisposed) return known as unknown as runtime.Tensor<T>;
    const output = this.#outputs[key];
    if (!output) throw new InferenceError('OPENVINO', `${key} was not computed yet`);
    const { alive } = this.#network;
    const data = output.data.slice();
    const lent = new Tensor('f32', output.shape, data);
    alive.lentOutputs++;
    lent.onDispose = () => {
      alive.lentOutputs--;
      // Views of memory that was given back read as empty.
      structuredClone(data.buffer, { transfer: [data.buffer] });
    };
    this.#lent.set(key, lent);
    return lent as unknown as runtime.Tensor<T>;
  }

  async dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    await this.#disposal;
  }

  async #dispose(): Promise<void> {
    this.cancel();
    await this.#running?.ended;
    this.#network.alive.requests--;
  }

  #readInputs(): Inputs {
    return Object.fromEntries(
      this.#inputPorts.map((input) => {
        const name = input.names[0]!;
        const tensor = this.#bound.get(name);
        if (!tensor) throw new InferenceError('OPENVINO', `${name} is not bound`);
        const { elementType, shape, data } = tensor;
        return [name, { elementType, shape, data: data.slice() }];
      }),
    );
  }

  #requireIdle(): void {
    if (this.#disposal) throw new DisposedError('The request');
    if (this.#running) throw new InferenceError('BUSY', 'The request is running');
  }
}

type CompiledSurface = Pick<
  runtime.CompiledModel,
  'inputs' | 'outputs' | 'createInferRequest' | 'getProperty' | 'dispose'
>;

export class CompiledModel implements CompiledSurface {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #network: FakeNetwork;
  readonly #options: CompileModelOptions;
  #isDisposed = false;

  constructor(network: FakeNetwork, options: CompileModelOptions) {
    const { shapes = {}, elementTypes = {} } = options;
    this.#network = network;
    this.#options = options;
    this.inputs = network.inputs.map(({ names, elementType, shape }) => ({
      names,
      elementType: elementTypes[names[0]!] ?? elementType,
      shape: shapes[names[0]!] ?? shape,
    }));
    this.outputs = network.outputs;
    network.alive.compiledModels++;
  }

  async createInferRequest(): Promise<runtime.InferRequest> {
    await Promise.resolve();
    if (this.#isDisposed) throw new DisposedError('The compiled model');
    return new InferRequest(this.#network, this.inputs) as unknown as runtime.InferRequest;
  }

  getProperty(name: string): string | undefined {
    const asked = this.#options.properties?.INFERENCE_PRECISION_HINT;
    return name === 'INFERENCE_PRECISION_HINT' ? this.#network.precision(asked) : undefined;
  }

  async dispose(): Promise<void> {
    await Promise.resolve();
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#network.alive.compiledModels--;
  }
}

export class Core implements Pick<runtime.Core, 'compileModel' | 'readModel' | 'getProperty'> {
  /** What the processor computes natively. */
  capabilities: string[] = ['FP32'];
  /** Networks by the folder that their .xml is in. */
  readonly networks = new Map<string, FakeNetwork>();

  async compileModel(
    model: runtime.Model,
    options: CompileModelOptions = {},
  ): Promise<runtime.CompiledModel> {
    const { network, isDisposed } = model as unknown as Model;
    if (isDisposed) throw new DisposedError('The model');
    for (const name of Object.keys(options.shapes ?? {})) portAt(network.inputs, name);
    network.compilations.push(options);
    await network.compilation();
    return new CompiledModel(network, options) as unknown as runtime.CompiledModel;
  }

  async readModel(xmlPath: string): Promise<runtime.Model> {
    await Promise.resolve();
    const network = this.networks.get(basename(dirname(xmlPath)));
    if (!network) throw new ModelLoadError('MODEL_NOT_FOUND', `There is no ${xmlPath}`);
    return new Model(network) as unknown as runtime.Model;
  }

  async getProperty(device: string, name: string): Promise<string[] | undefined> {
    await Promise.resolve();
    return device === 'CPU' && name === 'OPTIMIZATION_CAPABILITIES' ? this.capabilities : undefined;
  }
}

const shared = new Core();

/** A kernel that writes nothing: lib/random finds that it gives other numbers and goes on without it. */
export function fillNormal(): void {
  return;
}

/** What the machine has left, for tests to change. */
export const machine = { availableBytes: 2 ** 40, threads: undefined as number | undefined };

export function memoryLimits(): { availableBytes: number } {
  return machine;
}

export function threadLimit(): number | undefined {
  return machine.threads;
}

export function sharedCore(): Core {
  return shared;
}

function portAt(ports: readonly Port[], name: string | number): Port {
  const found = typeof name === 'number' ? ports[name] : ports.find(({ names }) => names.includes(name));
  if (found) return found;
  throw new InvalidArgumentError(`Expected a port of the model but received ${name}`);
}

function accepts(wanted: Port['shape'], shape: readonly number[]): boolean {
  if (wanted === null) return true;
  const fits = (size: number, axis: number): boolean => {
    const dimension = wanted[axis]!;
    if (typeof dimension !== 'number') return size >= dimension[0] && size <= dimension[1];
    return dimension === -1 || dimension === size;
  };
  return wanted.length === shape.length && shape.every(fits);
}
