import { dispose } from '../../common/dispose-symbols.js';
import { ModelLoadError, SaveError } from '../../common/errors.js';
import { warn } from '../../common/warnings.js';
import { graph, WeightConversion, type GraphOutput } from '../../runtime/index.js';
import { asFloat32, formatPolicy, type WeightFormat, type WeightKind, type WeightPolicy } from './formats.js';
import { byteRange, OWN_NAMES, shapeMatches, storedShape, type WeightNaming } from './naming.js';
import { openSafetensors, type SafetensorsEntry, type SafetensorsFile } from './safetensors.js';
import { isStoredType, STORED_TYPE_NAMES, storedConstant } from './stored-types.js';
import { WeightScope, type WeightReader } from './weight-scope.js';

/** So many wrong keys mean that the file is of another model; looking further would find nothing new. */
const MAX_PROBLEMS = 500;
const MAX_SHOWN = 12;

/** Where a network's weights come from. */
export interface WeightSource {
  /** safetensors files; a key may be in one of them only. */
  readonly files: readonly string[];
  readonly format: WeightFormat;
  /** How the files' keys differ from those the network asks for. Default: not at all. */
  readonly naming?: WeightNaming | undefined;
}

/**
 * The tensors of one network, over one or several mapped files, and which of them its layers have taken.
 *
 * What is wrong with them is collected while the network is built and reported together by `finish`.
 */
export class WeightStore implements WeightReader, Disposable {
  readonly #files: readonly SafetensorsFile[];
  /** By their keys without the naming's prefix. */
  readonly #tensors = new Map<string, { file: SafetensorsFile; entry: SafetensorsEntry }>();
  readonly #used = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #unfit = new Set<string>();
  readonly #unsupported = new Set<string>();
  readonly #naming: WeightNaming;
  readonly #policy: WeightPolicy;
  /** For weights that the format cannot hold. */
  readonly #widePolicy: WeightPolicy;
  readonly #outOfRange = new Set<string>();
  /** Large tensors in their format, by key: a network that is built again takes them again. */
  readonly #weights = new Map<string, GraphOutput>();
  #conversion: WeightConversion | undefined;
  /** Whether upsamplers may have kernels of their own, which takes a scratch file. */
  #sumsUpsamplers = true;

  /**
   * @param scratchDir - folder for weights in another format than they are stored in
   * @throws ModelLoadError `MODEL_NOT_FOUND` or `MODEL_CORRUPT`
   */
  constructor({ files, format, naming = OWN_NAMES }: WeightSource, scratchDir: string) {
    this.#naming = naming;
    const conversion = () => (this.#conversion ??= new WeightConversion(scratchDir));
    this.#policy = formatPolicy(format, conversion);
    this.#widePolicy = formatPolicy('fp32', conversion);
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

  get root(): WeightScope {
    return new WeightScope(this, '');
  }

  has(key: string): boolean {
    return this.#tensors.has(this.#naming.storedAs(key).name);
  }

  /** A large tensor in f32, in the format asked for. */
  weight(key: string, shape: readonly number[], kind: WeightKind): GraphOutput {
    const stored = this.#stored(key, shape, shape);
    if (!stored) return placeholder(shape, key);
    return this.#once(key, (policy) => policy.weight(stored, kind, key));
  }

  /** Kernels of a transposed convolution, see `WeightPolicy`; undefined too where their file cannot be made. */
  upsampler(key: string, shape: readonly number[]): GraphOutput | undefined {
    const stored = this.#sumsUpsamplers ? this.#stored(key, shape, shape) : undefined;
    if (!stored) return undefined;
    try {
      return this.#once(key, (policy) => policy.upsampler(stored, key));
    } catch (error) {
      if (!(error instanceof SaveError)) throw error;
      this.#sumsUpsamplers = false;
      return undefined;
    }
  }

  /** A small tensor in f32, as another shape of as many elements. */
  vector(key: string, shape: readonly number[], asShape: readonly number[]): GraphOutput {
    const stored = this.#stored(key, shape, asShape);
    return stored ? asFloat32(stored, key) : placeholder(asShape, key);
  }

  /** The input of a module's matrix product or convolution. */
  activation(module: string, x: GraphOutput): GraphOutput {
    return this.#policy.activation(module, x);
  }

  /**
   * Checks that the network found all it needs. Tensors that it does not need are a warning, as in diffusers.
   *
   * @param belongs - which keys are this network's, where one file holds several networks
   * @throws ModelLoadError `MODEL_CORRUPT` listing missing, mis-shaped and unexpected keys together, `UNSUPPORTED` where
   * only their element types are not supported
   */
  finish(belongs: (key: string) => boolean = () => true): void {
    const unexpected = [...this.#tensors.keys()]
      .filter((name) => !this.#used.has(name) && belongs(name) && !this.#naming.ignored.test(name))
      .map((name) => this.#naming.prefix + name);
    if (this.#problems > 0) throw this.#report(unexpected);
    if (unexpected.length === 0) return;
    warn(
      'UNEXPECTED_WEIGHTS',
      `The weights in ${this.#paths()} have tensors that the network does not use:\n  ${shown(unexpected)}`,
    );
  }

  /**
   * Computes the values of constants that are not stored in the format asked for, on another thread.
   *
   * @returns false when the network must be built again, since some weights are beyond the range of float16: these stay
   * in float32 then; or since there is no room for the kernels of upsamplers, which networks can do without
   * @throws ModelLoadError `MODEL_CORRUPT` naming weights that are infinite or not a number
   * @throws SaveError when there is no room for them
   */
  async convert(): Promise<boolean> {
    const conversion = this.#conversion;
    this.#conversion = undefined;
    let outOfRange: readonly string[];
    try {
      outOfRange = (await conversion?.run()) ?? [];
    } catch (error) {
      if (!(error instanceof SaveError) || !this.#sumsUpsamplers) throw error;
      this.#sumsUpsamplers = false;
      this.#weights.clear();
      return false;
    }
    for (const key of outOfRange) {
      this.#outOfRange.add(key);
      this.#weights.delete(key);
    }
    return outOfRange.length === 0;
  }

  /** Closes the files; constants over them keep them mapped. */
  dispose(): void {
    for (const file of this.#files) file.mapping.dispose();
  }

  [dispose](): void {
    this.dispose();
  }

  #once<T extends GraphOutput | undefined>(key: string, make: (policy: WeightPolicy) => T): T | GraphOutput {
    const known = this.#weights.get(key);
    if (known) return known;
    const made = make(this.#outOfRange.has(key) ? this.#widePolicy : this.#policy);
    if (made) this.#weights.set(key, made);
    return made;
  }

  #stored(key: string, shape: readonly number[], asShape: readonly number[]): GraphOutput | undefined {
    if (this.#problems >= MAX_PROBLEMS) throw this.#report([]);
    const place = this.#naming.storedAs(key);
    const expected = storedShape(shape, place);
    const name = this.#naming.prefix + place.name;
    const tensor = this.#tensors.get(place.name);
    if (!tensor) {
      this.#missing.add(`${name} [${expected.join(', ')}]`);
      return undefined;
    }
    this.#used.add(place.name);
    const { file, entry } = tensor;
    if (!shapeMatches(entry.shape, expected, place)) {
      this.#unfit.add(`${name} has shape [${entry.shape.join(', ')}], not [${expected.join(', ')}]`);
      return undefined;
    }
    if (!isStoredType(entry.type)) {
      this.#unsupported.add(`${name} is stored as ${entry.type}; supported are ${STORED_TYPE_NAMES}`);
      return undefined;
    }
    const range = byteRange(entry, place);
    if (!place.transposed) return storedConstant(file, entry.type, range, asShape, key);
    const constant = storedConstant(file, entry.type, range, expected, key);
    const order = graph.constant('i64', [2], BigInt64Array.of(1n, 0n));
    return graph.fold(graph.node('Transpose', [constant, order]), key);
  }

  get #problems(): number {
    return this.#missing.size + this.#unfit.size + this.#unsupported.size;
  }

  #report(unexpected: readonly string[]): ModelLoadError {
    const sections = [
      section('missing', [...this.#missing]),
      section('not as expected', [...this.#unfit, ...this.#unsupported]),
      section('unknown to this network', unexpected),
    ];
    const isCorrupt = this.#missing.size + this.#unfit.size > 0;
    return new ModelLoadError(
      isCorrupt ? 'MODEL_CORRUPT' : 'UNSUPPORTED',
      `The weights in ${this.#paths()} do not fit:\n${sections.join('')}`.trimEnd(),
    );
  }

  #paths(): string {
    return this.#files.map(({ path }) => path).join(', ');
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

/** Takes the place of a missing tensor, so that the rest of the network can still be checked. */
function placeholder(shape: readonly number[], key: string): GraphOutput {
  return graph.parameter('f32', shape, key);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n  ${shown(lines)}\n`;
}

function shown(lines: readonly string[]): string {
  const more = lines.length > MAX_SHOWN ? `\n  … and ${lines.length - MAX_SHOWN} more` : '';
  return `${lines.slice(0, MAX_SHOWN).join('\n  ')}${more}`;
}
