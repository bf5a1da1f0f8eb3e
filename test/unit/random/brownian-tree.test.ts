import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { BrownianTree } from '../../../lib/random/brownian-tree.js';
import { SeedSequence } from '../../../lib/random/seed-sequence.js';
import reference from '../../fixtures/reference/brownian.json' with { type: 'json' };

interface Tree {
  start: number;
  end: number;
  shape: number[];
  seed: string;
  queries: [from: number, to: number, hash: string][];
}

const trees = reference.trees as unknown as Tree[];
const hashOf = (values: Float32Array): string =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 16);

describe('SeedSequence gives numpy’s seeds', () => {
  it.each(reference.sequences)(
    'of $entropy, spawn key $spawnKey, pool of $poolSize',
    ({ entropy, spawnKey, poolSize, state }) => {
      const sequence = new SeedSequence(BigInt(entropy), { spawnKey, poolSize });
      expect([...sequence.generateState(state.length)]).toEqual(state);
    },
  );
});

describe('BrownianTree gives, bit for bit, torchsde’s increments', () => {
  it.each(trees)('from $start to $end, shape $shape, seed $seed', ({ start, end, shape, seed, queries }) => {
    const tree = new BrownianTree(start, end, shape, BigInt(seed));
    for (const [from, to, hash] of queries) expect(hashOf(tree.increment(from, to))).toBe(hash);
  });

  it('in whatever order they are asked for', () => {
    const { start, end, shape, seed, queries } = trees[0]!;
    const tree = new BrownianTree(start, end, shape, BigInt(seed));
    for (const [from, to, hash] of [...queries].reverse())
      expect(hashOf(tree.increment(from, to))).toBe(hash);
  });

  it('and nothing between times that rounding makes the same', () => {
    const tree = new BrownianTree(0, 1, [20], 1);
    expect(tree.increment(0.25, 0.2500001)).toEqual(new Float32Array(20));
  });

  it('as arrays of their own', () => {
    const tree = new BrownianTree(0, 1, [20], 1);
    const first = tree.increment(0, 1);
    const copy = first.slice();
    first.fill(0);
    expect(tree.increment(0, 1)).toEqual(copy);
  });
});
