import { ModelLoadError } from '../../../common/errors.js';
import type { MappedFile } from '../../../runtime/index.js';
import { openSafetensors, type SafetensorsEntry } from '../../weights/safetensors.js';

/** What stands before the keys of each network in a checkpoint. */
export const PREFIXES = {
  unet: 'model.diffusion_model.',
  vae: 'first_stage_model.',
  clip: 'cond_stage_model.transformer.',
  openClip: 'cond_stage_model.model.',
  /** Text encoders of Stable Diffusion XL; a refiner has OpenCLIP's only, as its first. */
  clipXl: 'conditioner.embedders.0.transformer.',
  openClipXl: 'conditioner.embedders.1.model.',
  openClipRefiner: 'conditioner.embedders.0.model.',
} as const;

/** What a checkpoint's header says: the shapes that show which model it is and how large. */
export class Checkpoint {
  readonly path: string;
  /** Steps it was trained for, where it says so. */
  readonly globalStep: number | undefined;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  /**
   * Reads the header of a safetensors file.
   *
   * @throws ModelLoadError `MODEL_NOT_FOUND` or `MODEL_CORRUPT`
   */
  constructor(path: string) {
    const { mapping, entries } = openSafetensors(path);
    try {
      this.path = path;
      this.#shapes = new Map([...entries].map(([key, { shape }]) => [key, shape]));
      this.globalStep = readNumber(mapping, entries.get('global_step'));
    } finally {
      mapping.dispose();
    }
  }

  has(key: string): boolean {
    return this.#shapes.has(key);
  }

  /** Whether a key matches. */
  some(pattern: RegExp): boolean {
    return [...this.#shapes.keys()].some((key) => pattern.test(key));
  }

  /** Whether a key begins so. */
  hasPrefix(prefix: string): boolean {
    return [...this.#shapes.keys()].some((key) => key.startsWith(prefix));
  }

  /** How many keys there are in a row, numbered from 0. */
  count(key: (index: number) => string): number {
    let index = 0;
    while (this.has(key(index))) index++;
    return index;
  }

  /** Undefined where there is no such tensor. */
  shape(key: string): readonly number[] | undefined {
    return this.#shapes.get(key);
  }

  /** @throws ModelLoadError `MODEL_CORRUPT` where there is no such tensor, or it has fewer axes */
  size(key: string, axis: number): number {
    const size = this.#shapes.get(key)?.[axis];
    if (size !== undefined) return size;
    throw new ModelLoadError(
      'MODEL_CORRUPT',
      `${this.path} does not tell how large its networks are: expected a tensor '${key}' with an axis ${axis}`,
    );
  }
}

/** A tensor of one number, of the types that trainings count in. */
function readNumber(mapping: MappedFile, entry: SafetensorsEntry | undefined): number | undefined {
  if (entry?.shape.some((size) => size !== 1) !== false) return undefined;
  const view = new DataView(mapping.read(entry.offset, entry.byteLength).buffer);
  if (entry.type === 'I64') return Number(view.getBigInt64(0, true));
  if (entry.type === 'I32') return view.getInt32(0, true);
  return entry.type === 'F32' ? view.getFloat32(0, true) : undefined;
}
