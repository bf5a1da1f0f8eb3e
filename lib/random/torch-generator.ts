import { randomInt } from 'node:crypto';

import { wrongValue } from '../common/options.js';
import { elementCount, type Generator } from './generator.js';
import { MersenneTwister } from './mersenne-twister.js';
import { BLOCK, fillNormal } from './normal-kernel.js';

/**
 * `torch.Generator('cpu')` and `torch.randn` in float32, bit for bit as torch on x86 processors with AVX2: the same
 * seed gives the same image as diffusers with a CPU generator.
 *
 * @example
 * ```ts
 * const generator = new TorchGenerator(42);
 * const latents = generator.randn([1, 4, 64, 64]);
 * await pipeline.generate('a lighthouse', { generator });
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
export class TorchGenerator implements Generator {
  #seed: number | bigint = 0;
  #twister = new MersenneTwister(0);
  /** The second number of a pair computed in float64, kept for the next call for fewer than 16 numbers. */
  #spare: number | undefined;

  /**
   * @param seed - an integer of up to 64 bits, a bigint beyond 2^53; default: 32 random bits, which `seed` returns
   * @throws InvalidArgumentError
   */
  constructor(seed: number | bigint = randomInt(2 ** 32)) {
    this.manualSeed(seed);
  }

  /** What it was seeded with. */
  get seed(): number | bigint {
    return this.#seed;
  }

  /**
   * Restarts the sequence from a seed.
   *
   * @throws InvalidArgumentError
   */
  manualSeed(seed: number | bigint): this {
    const valid =
      typeof seed === 'bigint' ? seed >= -(2n ** 63n) && seed < 2n ** 64n : Number.isSafeInteger(seed);
    if (!valid) throw wrongValue('an integer of up to 64 bits (a bigint beyond 2^53)', 'seed', seed);
    this.#seed = seed;
    // torch keeps all 64 bits as initial_seed(), but seeds the twister with the lower 32.
    this.#twister = new MersenneTwister(Number(BigInt.asUintN(32, BigInt(seed))));
    this.#spare = undefined;
    return this;
  }

  /**
   * The next standard-normal numbers; `torch.randn`.
   *
   * @param shape - `[]` for one number
   * @returns row-major
   */
  randn(shape: readonly number[]): Float32Array {
    const values = new Float32Array(elementCount(shape));
    // torch computes fewer than a block one by one, in float64.
    if (values.length < BLOCK) return values.map(() => this.#single());
    fillNormal(this.#twister, values);
    return values;
  }

  #uniform53(): number {
    const high = this.#twister.next32() & 0x1fffff;
    return (high * 2 ** 32 + this.#twister.next32()) / 2 ** 53;
  }

  #single(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
