import { randomInt } from 'node:crypto';

import { wrongValue } from '../common/options.js';
import { elementCount, type Generator } from './generator.js';
import { MersenneTwister } from './mersenne-twister.js';

/**
 * `numpy.random.RandomState` and its `randn`, cast to float32: optimum-intel's source of latents by default.
 *
 * @example
 * ```ts
 * await pipeline.generate('a lighthouse', { generator: new NumpyGenerator(42) });
 * ```
 * @see https://numpy.org/doc/stable/reference/random/legacy.html
 */
export class NumpyGenerator implements Generator {
  readonly seed: number;
  readonly #twister: MersenneTwister;
  #spare: number | undefined;

  /**
   * @param seed - 0 to 2^32 − 1; default: random, which `seed` returns
   * @throws InvalidArgumentError
   */
  constructor(seed: number = randomInt(2 ** 32)) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw wrongValue('an integer between 0 and 4294967295', 'seed', seed);
    }
    this.seed = seed;
    this.#twister = new MersenneTwister(seed);
  }

  /**
   * The next standard-normal numbers; `RandomState.randn`.
   *
   * @param shape - `[]` for one number
   * @returns row-major
   */
  randn(shape: readonly number[]): Float32Array {
    return new Float32Array(elementCount(shape)).map(() => this.#gauss());
  }

  /** Marsaglia's polar method, which gives two numbers: the second is returned first. */
  #gauss(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    let [x, y, square] = [0, 0, 0];
    do {
      x = 2 * this.#uniform53() - 1;
      y = 2 * this.#uniform53() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    this.#spare = scale * x;
    return scale * y;
  }

  #uniform53(): number {
    const high = this.#twister.next32() >>> 5;
    const low = this.#twister.next32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }
}
