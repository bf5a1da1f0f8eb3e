import type { SafetensorsEntry } from './safetensors.js';

/** Where files have the tensor that a network asks for. */
export interface WeightPlace {
  /** Its key without the prefix. */
  readonly name: string;
  /** Which of equal parts along the first axis it is, where several tensors are stored as one. Default: all of it. */
  readonly part?: { readonly index: number; readonly of: number };
  /** Whether a matrix may be stored as a convolution over single pixels, with axes of size 1 at its end. */
  readonly pointwise?: boolean;
}

/** How the keys in files differ from those a network asks for. */
export interface WeightNaming {
  /** What stands before the keys of this network; all others are of no interest. */
  readonly prefix: string;
  /** @param key - as diffusers or transformers name it */
  readonly placeOf: (key: string) => WeightPlace;
  /** Keys, without the prefix, that such files have although no network needs them. */
  readonly surplus: RegExp;
}

/** The keys of diffusers and transformers themselves. Older versions saved positions, which are just 0, 1, 2 …. */
export const OWN_NAMES: WeightNaming = {
  prefix: '',
  placeOf: (name) => ({ name }),
  surplus: /(^|\.)position_ids$/,
};

/** The shape of what is stored where a tensor of this shape is asked for. */
export function wholeShape(shape: readonly number[], { part }: WeightPlace): readonly number[] {
  const [rows = 1, ...rest] = shape;
  return part ? [rows * part.of, ...rest] : shape;
}

export function fits(
  stored: readonly number[],
  whole: readonly number[],
  { pointwise }: WeightPlace,
): boolean {
  const surplus = stored.slice(whole.length);
  if (surplus.some((size) => size !== 1) || (surplus.length > 0 && !pointwise)) return false;
  return stored.slice(0, whole.length).join() === whole.join();
}

/** The bytes of a tensor in its file. */
export function rangeOf(
  { offset, byteLength }: SafetensorsEntry,
  { part }: WeightPlace,
): { offset: number; byteLength: number } {
  if (!part) return { offset, byteLength };
  const each = byteLength / part.of;
  return { offset: offset + part.index * each, byteLength: each };
}
