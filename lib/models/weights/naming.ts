import type { SafetensorsEntry } from './safetensors.js';

/** Where files have the tensor that a network asks for. */
export interface StoredWeight {
  /** Its key without the prefix. */
  readonly name: string;
  /** Which of equal parts along the first axis it is, where several tensors are stored as one. Default: all of it. */
  readonly part?: { readonly index: number; readonly of: number };
  /** Whether a matrix may be stored as a 1x1 convolution, with axes of size 1 at its end. */
  readonly pointwise?: boolean;
  /** Whether a matrix is stored with its axes exchanged. */
  readonly transposed?: boolean;
}

/** How the keys in files differ from those a network asks for. */
export interface WeightNaming {
  /** What stands before the keys of this network; all others are not its own. */
  readonly prefix: string;
  /** @param key - as diffusers or transformers name it */
  readonly storedAs: (key: string) => StoredWeight;
  /** Keys, without the prefix, that such files commonly have although no network needs them. */
  readonly ignored: RegExp;
}

/** The keys of diffusers and transformers themselves. Older versions saved positions, which are just 0, 1, 2 …. */
export const OWN_NAMES: WeightNaming = {
  prefix: '',
  storedAs: (name) => ({ name }),
  ignored: /(^|\.)position_ids$/,
};

/** The shape of what is stored where a tensor of this shape is asked for. */
export function storedShape(
  shape: readonly number[],
  { part, transposed }: Omit<StoredWeight, 'name'>,
): readonly number[] {
  if (transposed) return shape.toReversed();
  const [rows = 1, ...others] = shape;
  return part ? [rows * part.of, ...others] : shape;
}

export function shapeMatches(
  stored: readonly number[],
  expected: readonly number[],
  { pointwise }: StoredWeight,
): boolean {
  const surplus = stored.slice(expected.length);
  if (surplus.some((size) => size !== 1) || (surplus.length > 0 && !pointwise)) return false;
  return stored.slice(0, expected.length).join() === expected.join();
}

/** The bytes of a tensor in its file. */
export function byteRange(
  { offset, byteLength }: SafetensorsEntry,
  { part }: StoredWeight,
): { offset: number; byteLength: number } {
  if (!part) return { offset, byteLength };
  const each = byteLength / part.of;
  return { offset: offset + part.index * each, byteLength: each };
}
