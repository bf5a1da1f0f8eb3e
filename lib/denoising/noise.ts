import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';
import { randnTensor, TorchGenerator, type Generator, type Seed } from '../random/index.js';
import type { Latents } from './latents.js';

/** What a caller says of the noise; at most one of `seed`, `seeds` and `generator`. */
export interface NoiseOptions {
  readonly seed?: Seed | undefined;
  readonly seeds?: readonly Seed[] | undefined;
  readonly generator?: Generator | readonly Generator[] | undefined;
  readonly latents?: Float32Array | Latents | undefined;
}

/** Where a generation's randomness comes from. */
export interface NoiseSource {
  /** Each image's seed; undefined for noise that was not drawn from a seed here. */
  readonly seeds: readonly (Seed | undefined)[];
  /** One for the whole batch, or one for each image, for what is drawn before the latents are. */
  readonly generators: Generator | readonly Generator[];
  /** The noise to start from, before the scheduler scales it: what was given, or drawn when it is first read. */
  readonly latents: Float32Array;
  /** More noise of the same shape, for schedulers that add some at each step. */
  readonly next: () => Float32Array;
}

/** @throws InvalidArgumentError when more than one source is given */
export function requireOneNoiseSource({ seed, seeds, generator }: NoiseOptions): void {
  const given = Object.entries({ seed, seeds, generator }).filter(([, value]) => value !== undefined);
  if (given.length <= 1) return;
  throw new InvalidArgumentError(
    `Expected one source of noise but received ${given.map(([name]) => name).join(' and ')}`,
  );
}

/**
 * @param shape - [images, channels, height, width]
 * @throws InvalidArgumentError when more than one source is given, or not one for each image
 * @throws ShapeMismatchError for latents of another shape, or a generator that returns another number of elements
 */
export function noiseSource(options: NoiseOptions, shape: readonly number[]): NoiseSource {
  requireOneNoiseSource(options);
  const { generators, seeds } = generatorsOf(options, shape[0]!);
  let latents = options.latents && checkedLatents(options.latents, shape);
  const next = (): Float32Array => randnTensor(shape, generators);
  return {
    seeds: latents ? seeds.map(() => undefined) : seeds,
    generators,
    get latents() {
      return (latents ??= next());
    },
    next,
  };
}

interface Generators {
  generators: Generator | readonly Generator[];
  seeds: (Seed | undefined)[];
}

function generatorsOf({ seed, seeds, generator }: NoiseOptions, images: number): Generators {
  if (generator !== undefined) {
    if (Array.isArray(generator)) requireOneEach('generators', generator.length, images);
    return {
      generators: generator as Generators['generators'],
      seeds: Array<undefined>(images).fill(undefined),
    };
  }
  if (seeds !== undefined) {
    requireOneEach('seeds', seeds.length, images);
    return { generators: seeds.map((value) => new TorchGenerator(value)), seeds: [...seeds] };
  }
  if (seed !== undefined) {
    return { generators: new TorchGenerator(seed), seeds: Array<Seed>(images).fill(seed) };
  }
  const random = Array.from({ length: images }, () => new TorchGenerator());
  return { generators: random, seeds: random.map((one) => one.seed) };
}

function requireOneEach(what: string, received: number, images: number): void {
  if (received !== images) {
    throw new InvalidArgumentError(
      `Expected ${images} ${what}, one for each image, but received ${received}`,
    );
  }
}

function checkedLatents(latents: Float32Array | Latents, shape: readonly number[]): Float32Array {
  const data = latents instanceof Float32Array ? latents : latents.data;
  const given = latents instanceof Float32Array ? undefined : latents.shape;
  const elements = shape.reduce((product, size) => product * size, 1);
  if (data.length === elements && (!given || given.join() === shape.join())) return data.slice();
  throw new ShapeMismatchError(
    `Expected latents of shape [${shape.join(', ')}] but received ` +
      `${given ? `[${given.join(', ')}] with ` : ''}${data.length} elements`,
  );
}
