/**
 * The one place that says what the native addon looks like. Everything else in `runtime/` wraps these; nothing
 * outside `runtime/` sees them.
 */

/** Types of tensor elements that can cross into JavaScript. */
export type ElementType = keyof TypedArrayOf;

/** The typed array each element type is seen through; f16, bf16 and the 8-bit floats show their bit patterns. */
export interface TypedArrayOf {
  f32: Float32Array;
  f64: Float64Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  f8e4m3: Uint8Array;
  f8e5m2: Uint8Array;
  i8: Int8Array;
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
  weightBytes(floatBytes: number): number;
  reshape(shapes: PortShapes): Promise<void>;
  /** Writes IR as it is: no compression, no transformation. */
  serialize(xmlPath: string, binPath: string): Promise<void>;
  dispose(): void;
}

export interface NativeInferRequest {
  readonly running: boolean;
  setInput(index: number, tensor: NativeTensor): void;
  setOutput(index: number, tensor: NativeTensor): void;
  infer(): Promise<void>;
  cancel(): void;
  getOutput(index: number): NativeTensor;
  dispose(): Promise<void>;
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
  compileModel(options: {
    model: NativeModel;
    device: string;
    properties?: Readonly<Record<string, PropertyValue | undefined>> | undefined;
    shapes?: PortShapes | undefined;
    elementTypes?: Readonly<Record<string, ElementType>> | undefined;
  }): Promise<NativeCompiledModel>;
  availableDevices(): Promise<string[]>;
  getProperty(device: string, name: string): Promise<PropertyValue | string[] | undefined>;
  setProperty(device: string, properties: Readonly<Record<string, PropertyValue | undefined>>): Promise<void>;
}

/** A file's bytes in memory, read-only and never copied; unmapped with its last owner, which may be a constant. */
export interface NativeMappedFile {
  readonly byteLength: number;
  /** A copy of some bytes. */
  read(offset: number, length: number): Uint8Array;
  dispose(): void;
}

/** One output of a node under construction. */
export interface GraphOutput {
  readonly elementType: string;
  readonly shape: readonly Dimension[] | null;
}

/** Constants computed from others on another thread. */
export interface NativeWeightConversion {
  convert(constant: GraphOutput, elementType: ElementType, name: string): GraphOutput;
  quantize(constant: GraphOutput, name: string): readonly [integers: GraphOutput, scales: GraphOutput];
  upsampling(constant: GraphOutput, elementType: 'f32' | 'f16', name: string): GraphOutput;
  /** @returns names of tensors with values beyond the range of their new type, whose constants are of no use */
  run(): Promise<string[]>;
}

/** A node's attribute; enumerations, element types and the like come as the text OpenVINO serialises. */
export type AttributeValue = string | number | boolean | readonly number[] | readonly string[];

export interface Binding {
  readonly Core: new () => NativeCore;
  /** Without `data`, over native memory. */
  readonly Tensor: new (
    elementType: ElementType,
    shape: readonly number[],
    data?: TypedArrayOf[ElementType],
  ) => NativeTensor;
  readonly MappedFile: new (path: string) => NativeMappedFile;
  readonly WeightConversion: new (folder: string) => NativeWeightConversion;
  graphParameter(options: {
    elementType: ElementType;
    shape: readonly Dimension[];
    name: string;
  }): GraphOutput;
  graphConstant(
    options: {
      elementType: ElementType;
      shape: readonly number[];
      name?: string | undefined;
    } & ({ data: TypedArrayOf[ElementType] } | { file: NativeMappedFile; byteOffset: number }),
  ): GraphOutput;
  /** @returns the node's outputs, in order */
  graphNode(options: {
    operation: string;
    inputs: readonly GraphOutput[];
    attributes: Readonly<Record<string, AttributeValue>>;
    operationSet: string;
    name?: string | undefined;
  }): GraphOutput[];
  graphFold(options: { output: GraphOutput; name?: string | undefined }): GraphOutput;
  graphMarkDecompression(output: GraphOutput): void;
  graphModel(options: {
    parameters: readonly GraphOutput[];
    results: readonly { output: GraphOutput; names: readonly string[] }[];
    name: string;
    /** Each entry [...path, value]. */
    runtimeInfo?: readonly (readonly string[])[] | undefined;
  }): NativeModel;
  /** Advances `state`, 624 words and the index of the next; `out` holds 16 elements or more. */
  fillNormal(state: Uint32Array, out: Float32Array): void;
  /** Ends whatever is under way and takes nothing more. */
  close(): void;
  /** The runtime's own build number, e.g. "2026.4.0-22959-…". */
  readonly openvinoVersion: string;
}
