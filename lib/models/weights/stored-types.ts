import { graph, type GraphOutput } from '../../runtime/index.js';
import type { SafetensorsEntry, SafetensorsFile, SafetensorsType } from './safetensors.js';

/** Element types in which networks' weights may be stored, with the typed array over them. */
const STORED_TYPES = {
  F64: { elementType: 'f64', array: Float64Array },
  F32: { elementType: 'f32', array: Float32Array },
  F16: { elementType: 'f16', array: Uint16Array },
  BF16: { elementType: 'bf16', array: Uint16Array },
  F8_E4M3: { elementType: 'f8e4m3', array: Uint8Array },
  F8_E5M2: { elementType: 'f8e5m2', array: Uint8Array },
} as const;

export type StoredType = keyof typeof STORED_TYPES;

/** The names of these types, for messages. */
export const STORED_TYPE_NAMES = Object.keys(STORED_TYPES).join(', ');

export function isStoredType(type: SafetensorsType): type is StoredType {
  return Object.hasOwn(STORED_TYPES, type);
}

/**
 * A constant over a tensor's bytes in its file.
 *
 * @param range - of the file
 */
export function storedConstant(
  { mapping }: SafetensorsFile,
  type: StoredType,
  { offset, byteLength }: Pick<SafetensorsEntry, 'offset' | 'byteLength'>,
  shape: readonly number[],
  name: string,
): GraphOutput {
  const { elementType, array } = STORED_TYPES[type];
  if (offset % array.BYTES_PER_ELEMENT === 0) {
    return graph.mappedConstant(elementType, shape, mapping, offset, name);
  }
  // Headers of odd length are rare but allowed; elements must be aligned, so these alone are copied.
  const { buffer } = mapping.read(offset, byteLength);
  return graph.constant(elementType, shape, new array(buffer as ArrayBuffer), name);
}
