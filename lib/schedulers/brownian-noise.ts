import { BrownianTree } from '../random/brownian-tree.js';

const { fround } = Math;

/**
 * The noise of an SDE solver: the increments of one Brownian motion over σ, so that more steps refine an image instead of
 * changing it. diffusers' BrownianTreeNoiseSampler.
 */
export class BrownianNoise {
  readonly #trees: readonly BrownianTree[];

  /**
   * @param min - the least σ above 0
   * @param max - the largest σ
   * @param length - elements of a sample
   * @param seeds - one for the sample as a whole, or one for each image
   */
  constructor(min: number, max: number, length: number, seeds: readonly (number | bigint)[]) {
    const shape = [length / seeds.length];
    this.#trees = seeds.map((seed) => new BrownianTree(min, max, shape, seed));
  }

  /** Standard-normal noise for a step from one level down to another. */
  between(from: number, to: number): Float32Array {
    const parts = this.#trees.map((tree) => tree.increment(to, from));
    const scale = fround(Math.sqrt(fround(from - to)));
    const size = parts[0]!.length;
    const noise = new Float32Array(size * parts.length);
    parts.forEach((part, image) => {
      const start = image * size;
      for (let i = 0; i < size; i++) noise[start + i] = -part[i]! / scale;
    });
    return noise;
  }
}

/** A seed for each image, taken from noise, so that the generation's own seeds decide them. */
export function seedsFromNoise(noise: Float32Array, images: number): bigint[] {
  const size = noise.length / images;
  return Array.from({ length: images }, (_, image) => {
    const start = image * size;
    const words = new Uint32Array(noise.slice(start, start + 2).buffer);
    return (BigInt(words[0]!) << 32n) | BigInt(words[1] ?? 0);
  });
}
