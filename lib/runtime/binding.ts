/**
 * The one place that says what the native addon looks like. Everything else in `runtime/` wraps these; nothing
 * outside `runtime/` sees them.
 */

/** Types of tensor elements that can cross into JavaScript. */
export type ElementType = 'f32' | 'f16' | 'bf16' | 'i32' | 'i64' | 'u8' | 'boolean';

/** The typed array each element type is seen through; f16 and bf16 show their bit patterns. */
export interface TypedArrayOf {
  f32: Float32Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  i32: Int32Array;
  i64: BigInt64Array;
  u8: Uint8Array;
  boolean: Uint8Array;
}

/** A dimension: fixed, free (-1), or bounded `[min, max]`. */
export type Dimension = number | readonly [min: number, max: number];

/** One input or output of a model. */
export interface Port {
  /** All names, sorted; empty where the model gives none. */
  readonly names: readonly string[];
  /** OpenVINO's name of the element type; may be one that `Tensor` does not hold. */
  readonly elementType: string;
  /** `null` where even the rank is free. */
  readonly shape: readonly Dimension[] | null;
}

/** Shapes by port name. */
export type PortShapes = Readonly<Record<string, readonly Dimension[]>>;

/** A property's value as OpenVINO takes it. */
export type PropertyValue = string | number | boolean;

export interface NativeTensor {
  readonly data: TypedArrayOf[ElementType];
  readonly shape: number[];
  readonly elementType: string;
  dispose(): void;
}

export interface NativeModel {
  readonly inputs: Port[];
  readonly outputs: Port[];
  reshape(shapes: PortShapes): Promise<void>;
  dispose(): void;
}

export interface NativeInferRequest {
  readonly running: boolean;
  setInput(index: number, tensor: NativeTensor): void;
  setOutput(index: number, tensor: NativeTensor): void;
  infer(): Promise<void>;
  cancel(): void;
  getOutput(index: number): NativeTensor;
  dispose(): void;
}

export interface NativeCompiledModel {
  readonly inputs: Port[];
  readonly outputs: Port[];
  createInferRequest(): Promise<NativeInferRequest>;
  getProperty(name: string): PropertyValue | string[] | undefined;
  dispose(): Promise<void>;
}

export interface NativeCore {
  readModel(xmlPath: string, binPath?: string): Promise<NativeModel>;
  compileModel(
    model: NativeModel,
    device: string,
    properties?: Readonly<Record<string, PropertyValue | undefined>>,
    shapes?: PortShapes,
    elementTypes?: Readonly<Record<string, ElementType>>,
  ): Promise<NativeCompiledModel>;
  availableDevices(): Promise<string[]>;
  getProperty(device: string, name: string): Promise<PropertyValue | string[] | undefined>;
  setProperty(device: string, properties: Readonly<Record<string, PropertyValue | undefined>>): Promise<void>;
}

export interface Binding {
  readonly Core: new () => NativeCore;
  readonly Tensor: new (
    elementType: ElementType,
    shape: readonly number[],
    data: TypedArrayOf[ElementType],
  ) => NativeTensor;
  /** The runtime's own build number, e.g. "2026.4.0-22959-…". */
  readonly openvinoVersion: string;
}
