import { LRUCache } from 'lru-cache';

import { elementCount } from './generator.js';
import { SeedSequence } from './seed-sequence.js';
import { TorchGenerator } from './torch-generator.js';

const { fround } = Math;

/** Decimal digits that times are rounded to; torchsde's `tol` of 1e-6. */
const DIGITS = 6;
/** Words that the seed is mixed into; torchsde's `pool_size`. */
const POOL_SIZE = 24;
/** Increments that are kept; torchsde's `cache_size`. Others are computed again. */
const MAX_KEPT = 45;

/** A part of the time; halves are split where they are asked for. */
interface Interval {
  readonly start: number;
  readonly end: number;
  /** The position among the intervals of the same depth. */
  readonly place: number;
  readonly depth: number;
  readonly parent: Interval | undefined;
  halves: { readonly midway: number; readonly left: Interval; readonly right: Interval } | undefined;
}

/**
 * Brownian motion between two times, whose increments depend on the seed and the times alone, not on the order in which
 * they are asked for: torchsde's `BrownianInterval` with `halfway_tree`, bit for bit, as diffusers'
 * BrownianTreeNoiseSampler makes it.
 *
 * An increment is found by halving the time until its ends are reached (Kidger et al., "Efficient and Accurate
 * Gradients for Neural SDEs", https://arxiv.org/abs/2105.13493): about 20 levels of as many normal numbers as it has
 * elements.
 *
 * @see https://github.com/google-research/torchsde/blob/master/torchsde/_brownian/brownian_interval.py
 * @internal
 */
export class BrownianTree {
  readonly #seed: number | bigint;
  readonly #shape: readonly number[];
  readonly #root: Interval;
  /** The increment over the whole time. */
  readonly #total: Float32Array;
  readonly #increments = new LRUCache<Interval, Float32Array>({ max: MAX_KEPT });

  /**
   * @param start - below `end`
   * @param shape - of the increments
   * @param seed - an integer from 0
   */
  constructor(start: number, end: number, shape: readonly number[], seed: number | bigint) {
    this.#seed = seed;
    this.#shape = shape;
    this.#root = {
      start: roundTime(start),
      end: roundTime(end),
      place: 0,
      depth: 0,
      parent: undefined,
      halves: undefined,
    };
    const [first] = new SeedSequence(seed, { poolSize: POOL_SIZE }).generateState(1);
    this.#total = scaled(new TorchGenerator(first).randn(shape), Math.sqrt(end - start));
  }

  /** The increment between two times, the first below the second; times outside are moved to the ends. */
  increment(from: number, to: number): Float32Array {
    const clamped = (time: number): number =>
      roundTime(Math.min(Math.max(time, this.#root.start), this.#root.end));
    const [first, last] = [clamped(from), clamped(to)];
    if (first >= last) return new Float32Array(elementCount(this.#shape));
    const [head, ...tail] = intervalsBetween(this.#root, first, last).map((part) => this.#incrementOf(part));
    if (tail.length === 0) return head!.slice();
    return tail.reduce((sum, part) => added(sum, part), head!);
  }

  #incrementOf(interval: Interval): Float32Array {
    if (!interval.parent) return this.#total;
    const kept = this.#increments.get(interval);
    if (kept) return kept;
    this.#bridge(interval.parent);
    return this.#increments.get(interval)!;
  }

  /** Divides an interval's increment between its halves, as a Brownian bridge. */
  #bridge(parent: Interval): void {
    const whole = this.#incrementOf(parent);
    const { midway, left, right } = parent.halves!;
    const spawnKey = [parent.place, parent.depth];
    const [seed] = new SeedSequence(this.#seed, { spawnKey, poolSize: POOL_SIZE }).generateState(1);
    const noise = new TorchGenerator(seed).randn(this.#shape);
    const [before, after] = [midway - parent.start, parent.end - midway];
    const reciprocal = 1 / (parent.end - parent.start);
    const [weight, factor] = [fround(before), fround(reciprocal)];
    const deviation = fround(Math.sqrt(before * after * reciprocal));
    const first = new Float32Array(whole.length);
    const second = new Float32Array(whole.length);
    for (let i = 0; i < whole.length; i++) {
      const mean = fround(fround(weight * whole[i]!) * factor);
      first[i] = mean + fround(deviation * noise[i]!);
      second[i] = whole[i]! - first[i]!;
    }
    this.#increments.set(left, first);
    this.#increments.set(right, second);
  }
}

/** The intervals that make up the time between two, in order; splits where there is none that ends there. */
function intervalsBetween(interval: Interval, from: number, to: number): Interval[] {
  if (from === interval.start && to === interval.end) return [interval];
  const { midway, left, right } = (interval.halves ??= halvesOf(interval));
  if (to <= midway) return intervalsBetween(left, from, to);
  if (from >= midway) return intervalsBetween(right, from, to);
  return [...intervalsBetween(left, from, midway), ...intervalsBetween(right, midway, to)];
}

function halvesOf(parent: Interval): NonNullable<Interval['halves']> {
  const midway = roundTime(0.5 * (parent.end + parent.start));
  const half = { depth: parent.depth + 1, parent, halves: undefined };
  return {
    midway,
    left: { ...half, start: parent.start, end: midway, place: 2 * parent.place },
    right: { ...half, start: midway, end: parent.end, place: 2 * parent.place + 1 },
  };
}

/** Python's round(time, 6), which rounds ties to even. */
function roundTime(time: number): number {
  // A tie is a binary fraction that ends in 5 at the seventh digit, which only odd multiples of 1/128 do.
  const eighths = time * 2 ** (DIGITS + 1);
  if (Number.isInteger(eighths) && eighths % 2 !== 0) {
    const below = Math.floor(time * 10 ** DIGITS);
    return (below % 2 === 0 ? below : below + 1) / 10 ** DIGITS;
  }
  return Number(time.toFixed(DIGITS));
}

function scaled(values: Float32Array, factor: number): Float32Array {
  const f = fround(factor);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * f;
  return values;
}

function added(a: Float32Array, b: Float32Array): Float32Array {
  const sum = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) sum[i] = a[i]! + b[i]!;
  return sum;
}
