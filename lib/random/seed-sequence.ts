/** Parameters of the hash of O'Neill's seed_seq_fe. */
const INIT_A = 0x43b0d7e5;
const MULTIPLIER_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULTIPLIER_B = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;
const SHIFT = 16;

/** What a {@link SeedSequence} is made from. */
export interface SeedSequenceOptions {
  /** Integers from 0 that distinguish sequences of the same entropy. Default: none. */
  readonly spawnKey?: readonly number[];
  /** 32-bit words that the entropy is mixed into, from 4. Default: 4. */
  readonly poolSize?: number;
}

/**
 * `numpy.random.SeedSequence`: spreads an integer over as many seeds of 32 bits as are needed.
 *
 * @see https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.SeedSequence.html
 * @internal
 */
export class SeedSequence {
  readonly #pool: Uint32Array;

  /** @param entropy - an integer from 0 */
  constructor(entropy: number | bigint, { spawnKey = [], poolSize = 4 }: SeedSequenceOptions = {}) {
    const words = wordsOf(entropy);
    // Zeros keep the entropy apart from the spawn key.
    while (spawnKey.length > 0 && words.length < poolSize) words.push(0);
    words.push(...spawnKey.flatMap(wordsOf));
    this.#pool = mixedPool(words, poolSize);
  }

  /** The first 32-bit words of the sequence; numpy's `generate_state`. */
  generateState(count: number): Uint32Array {
    let constant = INIT_B;
    return Uint32Array.from({ length: count }, (_, i) => {
      let value = this.#pool[i % this.#pool.length]! ^ constant;
      constant = Math.imul(constant, MULTIPLIER_B);
      value = Math.imul(value, constant);
      return value ^ (value >>> SHIFT);
    });
  }
}

/** The 32-bit words of an integer, the lowest first. */
function wordsOf(value: number | bigint): number[] {
  const words: number[] = [];
  let rest = BigInt(value);
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}

function mixedPool(words: readonly number[], size: number): Uint32Array {
  let constant = INIT_A;
  const hash = (word: number): number => {
    let value = word ^ constant;
    constant = Math.imul(constant, MULTIPLIER_A);
    value = Math.imul(value, constant);
    return value ^ (value >>> SHIFT);
  };
  const mix = (x: number, y: number): number => {
    const value = (Math.imul(MIX_LEFT, x) - Math.imul(MIX_RIGHT, y)) | 0;
    return value ^ (value >>> SHIFT);
  };
  const pool = Uint32Array.from({ length: size }, (_, i) => hash(words[i] ?? 0));
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!));
    }
  }
  for (const word of words.slice(size)) {
    for (let to = 0; to < size; to++) pool[to] = mix(pool[to]!, hash(word));
  }
  return pool;
}
