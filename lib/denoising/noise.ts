import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';
import { randnTensor, TorchGenerator, type Generator } from '../random/index.js';
import type { GenerateOptions, Seed } from '../pipelines/generate-options.js';

/** Where a generation's randomness comes from. */
export interface NoiseSource {
  /** Each picture's seed; undefined for noise that no seed of ours made. */
  readonly seeds: readonly (Seed | undefined)[];
  /** The noise to start from, not yet scaled. */
  readonly latents: Float32Array;
  /** More noise of the same shape, for schedulers that add some at each step. */
  readonly next: () => Float32Array;
}

/**
 * @param shape - [images, channels, height, width]
 * @throws InvalidArgumentError when more than one source is given, or not one for each picture
 * @throws ShapeMismatchError for latents of another shape
 */
export function noiseSource(options: GenerateOptions, shape: readonly number[]): NoiseSource {
  const { seed, seeds, generator, latents } = options;
  const images = shape[0]!;
  const given = Object.entries({ seed, seeds, generator }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new InvalidArgumentError(
      `Expected one source of noise but received ${given.map(([name]) => name).join(' and ')}`,
    );
  }
  const { generators, labels } = sources(options, images);
  const next = (): Float32Array => randnTensor(shape, generators);
  return latents === undefined
    ? { seeds: labels, latents: next(), next }
    : { seeds: labels.map(() => undefined), latents: checkedLatents(latents, shape), next };
}

interface Sources {
  generators: Generator | readonly Generator[];
  labels: (Seed | undefined)[];
}

function sources({ seed, seeds, generator }: GenerateOptions, images: number): Sources {
  if (generator !== undefined) {
    if (Array.isArray(generator)) requireOneEach('generators', generator.length, images);
    return {
      generators: generator as Sources['generators'],
      labels: Array<undefined>(images).fill(undefined),
    };
  }
  if (seeds !== undefined) {
    requireOneEach('seeds', seeds.length, images);
    return { generators: seeds.map((value) => new TorchGenerator(value)), labels: [...seeds] };
  }
  if (seed !== undefined) {
    return { generators: new TorchGenerator(seed), labels: Array<Seed>(images).fill(seed) };
  }
  const random = Array.from({ length: images }, () => new TorchGenerator());
  return { generators: random, labels: random.map((one) => one.seed) };
}

function requireOneEach(what: string, received: number, images: number): void {
  if (received !== images) {
    throw new InvalidArgumentError(`Expected ${images} ${what}, one a picture, but received ${received}`);
  }
}

function checkedLatents(
  latents: NonNullable<GenerateOptions['latents']>,
  shape: readonly number[],
): Float32Array {
  const data = latents instanceof Float32Array ? latents : latents.data;
  const given = latents instanceof Float32Array ? undefined : latents.shape;
  const elements = shape.reduce((product, size) => product * size, 1);
  const fits = data.length === elements && (!given || given.join() === shape.join());
  if (fits) return data.slice();
  throw new ShapeMismatchError(
    `Expected latents of shape [${shape.join(', ')}] but received ${given ? `[${given.join(', ')}] with ` : ''}${data.length} elements`,
  );
}
