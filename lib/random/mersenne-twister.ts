const WORDS = 624;
const SHIFT = 397;

/**
 * The Mersenne Twister MT19937 (Matsumoto & Nishimura, ACM TOMACS 8, 1998), seeded as C++, numpy and torch do.
 *
 * @see https://doi.org/10.1145/272991.272995
 */
export class MersenneTwister {
  /** The 624 words and the index of the next one, in one array that native code can advance. */
  readonly state = new Uint32Array(WORDS + 1);

  /** @param seed - 32 bits */
  constructor(seed: number) {
    const { state } = this;
    state[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, before) + i;
    }
    state[WORDS] = WORDS;
  }

  /** 32 random bits, as an unsigned integer. */
  next32(): number {
    const { state } = this;
    if (state[WORDS] === WORDS) this.#twist();
    let bits = state[state[WORDS]!++]!;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  #twist(): void {
    const { state } = this;
    for (let i = 0; i < WORDS; i++) {
      const joined = (state[i]! & 0x80000000) | (state[(i + 1) % WORDS]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % WORDS]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    state[WORDS] = 0;
  }
}
