import { randomInt } from 'node:crypto';

import { wrongValue } from '../common/options.js';
import { elementCount, type Generator } from './generator.js';
import { MersenneTwister } from './mersenne-twister.js';
import { log, sincos } from './vector-math.js';

const { fround } = Math;

/** Numbers the vectorised path makes at a time; fewer are drawn one by one, in float64. */
const BLOCK = 16;
const HALF = BLOCK / 2;
const TWO_PI = fround(2 * Math.PI);

/**
 * `torch.Generator('cpu')` and `torch.randn` in float32, bit for bit as on x86 processors with AVX2.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
export class TorchGenerator implements Generator {
  #seed: number | bigint = 0;
  #twister = new MersenneTwister(0);
  /** The second number of a pair drawn in float64, kept for the next draw of less than a block. */
  #spare: number | undefined;

  /**
   * @param seed - an integer of up to 64 bits, a bigint beyond 2^53; default: 32 random bits, told by `seed`
   * @throws InvalidArgumentError
   */
  constructor(seed: number | bigint = randomInt(2 ** 32)) {
    this.manualSeed(seed);
  }

  /** What it was seeded with. */
  get seed(): number | bigint {
    return this.#seed;
  }

  /** Begins anew from a seed. */
  manualSeed(seed: number | bigint): this {
    const valid =
      typeof seed === 'bigint' ? seed >= -(2n ** 63n) && seed < 2n ** 64n : Number.isSafeInteger(seed);
    if (!valid) throw wrongValue('an integer of up to 64 bits (a bigint beyond 2^53)', 'seed', seed);
    this.#seed = seed;
    // torch keeps all 64 bits to tell them again, but only the lower 32 seed the twister.
    this.#twister = new MersenneTwister(Number(BigInt.asUintN(32, BigInt(seed))));
    this.#spare = undefined;
    return this;
  }

  /** @param shape - of what is drawn; `[]` is one number */
  randn(shape: readonly number[]): Float32Array {
    const values = new Float32Array(elementCount(shape));
    if (values.length < BLOCK) return values.map(() => this.#single());

    for (let i = 0; i < values.length; i++) values[i] = this.#uniform24();
    let start = 0;
    for (; start + BLOCK <= values.length; start += BLOCK) boxMuller(values, start);
    if (start < values.length) {
      // What is left over is made with a whole block at the end, drawn anew over numbers already made.
      const last = values.length - BLOCK;
      for (let i = last; i < values.length; i++) values[i] = this.#uniform24();
      boxMuller(values, last);
    }
    return values;
  }

  #uniform24(): number {
    return (this.#twister.next32() & 0xffffff) / 2 ** 24;
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

/** Turns a block of uniform numbers into normal ones, the first half with the second. */
function boxMuller(values: Float32Array, start: number): void {
  for (let i = start; i < start + HALF; i++) {
    const radius = fround(Math.sqrt(fround(-2 * log(1 - values[i]!))));
    const [sin, cos] = sincos(fround(TWO_PI * values[i + HALF]!));
    values[i] = radius * cos;
    values[i + HALF] = radius * sin;
  }
}
