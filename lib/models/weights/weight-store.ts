import { ModelLoadError } from '../../common/errors.js';
import { graph, WeightConversion, type GraphOutput } from '../../runtime/index.js';
import { openSafetensors, type SafetensorsEntry, type SafetensorsFile } from './safetensors.js';
import { asFloat32, inFormat, type WeightFormat, type WeightKind } from './formats.js';
import { fits, OWN_NAMES, rangeOf, wholeShape, type WeightNaming } from './naming.js';

const ELEMENT_TYPES: Partial<Record<string, 'f32' | 'f16' | 'bf16'>> = {
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
};

/** So many wrong keys say that the file is of another model; there is no use in looking further. */
const MAX_PROBLEMS = 500;
const MAX_SHOWN = 12;

/** Where a network's weights come from. */
export interface WeightSource {
  /** safetensors files; a key may stand in one of them only. */
  readonly files: readonly string[];
  readonly format: WeightFormat;
  /** How the files' keys differ from those the network asks for. Default: not at all. */
  readonly naming?: WeightNaming | undefined;
}

/**
 * The tensors of one network, over one or several mapped files, and which of them its layers have taken.
 *
 * What is wrong with them is collected while the network is built and told all at once by `finish`.
 */
export class WeightStore implements Disposable {
  readonly #files: readonly SafetensorsFile[];
  /** By their keys without the naming's prefix. */
  readonly #tensors = new Map<string, { file: SafetensorsFile; entry: SafetensorsEntry }>();
  readonly #used = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #unfit = new Set<string>();
  readonly #format: WeightFormat;
  readonly #naming: WeightNaming;
  readonly #scratch: string;
  #conversion: WeightConversion | undefined;

  /**
   * @param scratch - folder for weights in another format than they are stored in
   * @throws ModelLoadError `MODEL_NOT_FOUND` or `MODEL_CORRUPT`
   */
  constructor({ files, format, naming = OWN_NAMES }: WeightSource, scratch: string) {
    this.#format = format;
    this.#naming = naming;
    this.#scratch = scratch;
    this.#files = openAll(files);
    for (const file of this.#files) {
      for (const [key, entry] of file.entries) {
        if (!key.startsWith(naming.prefix)) continue;
        const name = key.slice(naming.prefix.length);
        const other = this.#tensors.get(name);
        if (other) {
          this.dispose();
          throw new ModelLoadError(
            'MODEL_CORRUPT',
            `Both ${other.file.path} and ${file.path} hold a '${key}'`,
          );
        }
        this.#tensors.set(name, { file, entry });
      }
    }
  }

  get root(): Weights {
    return new Weights(this, '');
  }

  has(key: string): boolean {
    return this.#tensors.has(this.#naming.placeOf(key).name);
  }

  /** A large tensor in f32, laid down in the format asked for. */
  take(key: string, shape: readonly number[], kind: WeightKind): GraphOutput {
    const stored = this.#stored(key, shape, shape);
    if (!stored) return placeholder(shape, key);
    return inFormat(stored, kind, this.#format, key, () => this.#convert());
  }

  /** A small tensor in f32, seen through another shape of as many elements. */
  takeSmall(key: string, shape: readonly number[], seenAs: readonly number[]): GraphOutput {
    const stored = this.#stored(key, shape, seenAs);
    return stored ? asFloat32(stored, key) : placeholder(seenAs, key);
  }

  /**
   * Says whether the network found all it needs, and the file nothing it does not.
   *
   * @param belongs - which keys are this network's, where those of several stand together
   * @throws ModelLoadError `MODEL_CORRUPT` listing missing, unexpected and mis-shaped keys together
   */
  finish(belongs: (key: string) => boolean = () => true): void {
    const unexpected = [...this.#tensors.keys()].filter(
      (name) => !this.#used.has(name) && belongs(name) && !this.#naming.surplus.test(name),
    );
    if (this.#missing.size + this.#unfit.size + unexpected.length === 0) return;
    throw this.#report(unexpected);
  }

  /**
   * Gives constants that are not laid down as they are stored their values, on another thread.
   *
   * @throws SaveError when there is no room for them
   */
  async convert(): Promise<void> {
    await this.#conversion?.run();
  }

  /** Lets go of the files; constants made of them keep them mapped. */
  dispose(): void {
    for (const file of this.#files) file.mapping.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #convert(): WeightConversion {
    return (this.#conversion ??= new WeightConversion(this.#scratch));
  }

  #stored(key: string, shape: readonly number[], seenAs: readonly number[]): GraphOutput | undefined {
    if (this.#missing.size + this.#unfit.size >= MAX_PROBLEMS) throw this.#report([]);
    const place = this.#naming.placeOf(key);
    const whole = wholeShape(shape, place);
    const name = this.#naming.prefix + place.name;
    const tensor = this.#tensors.get(place.name);
    if (!tensor) {
      this.#missing.add(`${name} [${whole.join(', ')}]`);
      return undefined;
    }
    this.#used.add(place.name);
    const { file, entry } = tensor;
    const elementType = ELEMENT_TYPES[entry.type];
    if (!fits(entry.shape, whole, place)) {
      this.#unfit.add(`${name} has shape [${entry.shape.join(', ')}], not [${whole.join(', ')}]`);
      return undefined;
    }
    if (elementType === undefined) {
      this.#unfit.add(`${name} is stored as ${entry.type}, not F32, F16 or BF16`);
      return undefined;
    }
    const { offset, byteLength } = rangeOf(entry, place);
    if (offset % (elementType === 'f32' ? 4 : 2) === 0) {
      return graph.mappedConstant(elementType, seenAs, file.mapping, offset, key);
    }
    // Headers of odd length are rare but allowed; elements must be aligned, so these alone are copied.
    const { buffer } = file.mapping.read(offset, byteLength);
    return elementType === 'f32'
      ? graph.constant('f32', seenAs, new Float32Array(buffer), key)
      : graph.constant(elementType, seenAs, new Uint16Array(buffer), key);
  }

  #report(unexpected: readonly string[]): ModelLoadError {
    const parts = [
      section('missing', [...this.#missing]),
      section('not as expected', [...this.#unfit]),
      section(
        'unknown to this network',
        unexpected.map((name) => this.#naming.prefix + name),
      ),
    ];
    const where = this.#files.map(({ path }) => path).join(', ');
    return new ModelLoadError(
      'MODEL_CORRUPT',
      `The weights in ${where} do not fit:\n${parts.join('')}`.trimEnd(),
    );
  }
}

/** The tensors below one name, as a PyTorch module holds its own. */
export class Weights {
  readonly #store: WeightStore;
  readonly #prefix: string;

  /** @internal */
  constructor(store: WeightStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** A submodule's, e.g. `at('resnets', 0)`. */
  at(...path: readonly (string | number)[]): Weights {
    return new Weights(this.#store, `${this.#prefix}${path.join('.')}.`);
  }

  has(name: string): boolean {
    return this.#store.has(this.#prefix + name);
  }

  matrix(name: string, shape: readonly [output: number, input: number]): GraphOutput {
    return this.#store.take(this.#prefix + name, shape, 'matrix');
  }

  embedding(name: string, shape: readonly [rows: number, width: number]): GraphOutput {
    return this.#store.take(this.#prefix + name, shape, 'embedding');
  }

  convolution(name: string, shape: readonly [output: number, input: number, height: number, width: number]) {
    return this.#store.take(this.#prefix + name, shape, 'convolution');
  }

  /** A bias, a norm's scale and the like, seen through `seenAs`. */
  vector(name: string, length: number, seenAs: readonly number[] = [length]): GraphOutput {
    return this.#store.takeSmall(this.#prefix + name, [length], seenAs);
  }
}

function openAll(paths: readonly string[]): SafetensorsFile[] {
  const files: SafetensorsFile[] = [];
  try {
    for (const path of paths) files.push(openSafetensors(path));
    return files;
  } catch (error) {
    for (const file of files) file.mapping.dispose();
    throw error;
  }
}

/** Stands where a tensor should, so that the rest of the network can still be looked through. */
function placeholder(shape: readonly number[], key: string): GraphOutput {
  return graph.parameter('f32', shape, key);
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > MAX_SHOWN ? `\n  … and ${lines.length - MAX_SHOWN} more` : '';
  return `${title}:\n  ${lines.slice(0, MAX_SHOWN).join('\n  ')}${more}\n`;
}
