import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { NumpyGenerator, randnTensor, TorchGenerator, type Generator } from '../../../lib/random/index.js';
import reference from '../../fixtures/reference/random.json' with { type: 'json' };

interface Entry {
  seed: string;
  draws: { shape: number[]; sha256: string; first: number[] }[];
}

const named = (entries: Entry[]): (Entry & { shapes: string })[] =>
  entries.map((entry) => ({
    ...entry,
    shapes: entry.draws.map(({ shape }) => `[${shape.join()}]`).join(' then '),
  }));

function expectDraws(generator: Generator, draws: Entry['draws']): void {
  for (const { shape, sha256, first } of draws) {
    const drawn = generator.randn(shape);
    expect([...drawn.subarray(0, 3)]).toEqual(first);
    expect(createHash('sha256').update(new Uint8Array(drawn.buffer)).digest('hex')).toBe(sha256);
  }
}

describe('TorchGenerator gives, bit for bit, torch’s numbers', () => {
  it.each(named(reference.torch))('from seed $seed: $shapes', ({ seed, draws }) => {
    expectDraws(new TorchGenerator(BigInt(seed)), draws);
  });

  it('whether the seed is a number or a bigint', () => {
    expect(new TorchGenerator(42).randn([20])).toEqual(new TorchGenerator(42n).randn([20]));
  });

  it('and restarts when seeded again, in the middle of a pair too', () => {
    const generator = new TorchGenerator(5);
    const first = generator.randn([3]);
    expect(generator.manualSeed(5).randn([3])).toEqual(first);
  });

  it('and returns the random seed it chose when given none', () => {
    const generator = new TorchGenerator();
    expect(new TorchGenerator(generator.seed).randn([20])).toEqual(generator.randn([20]));
    expect(new TorchGenerator().seed).not.toBe(generator.seed);
  });

  it.each([0.5, NaN, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n, '1', null])(
    'but refuses %s for a seed',
    (seed) => {
      expect(() => new TorchGenerator(seed as number)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );
});

describe('NumpyGenerator gives, bit for bit, the numbers of numpy’s RandomState', () => {
  it.each(named(reference.numpy))('from seed $seed: $shapes', ({ seed, draws }) => {
    expectDraws(new NumpyGenerator(Number(seed)), draws);
  });

  it.each([-1, 2 ** 32, 0.5])('but refuses %s for a seed', (seed) => {
    expect(() => new NumpyGenerator(seed)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('randnTensor', () => {
  const shape = [2, 4, 4, 4];

  it('fills the batch from one generator', () => {
    expect(randnTensor(shape, new TorchGenerator(1))).toEqual(new TorchGenerator(1).randn(shape));
  });

  it('fills each row from its own', () => {
    const rows = [1, 2].map((seed) => [...new TorchGenerator(seed).randn([1, 4, 4, 4])]);
    expect([...randnTensor(shape, [new TorchGenerator(1), new TorchGenerator(2)])]).toEqual(rows.flat());
  });

  it('refuses a number of generators that is not the batch’s', () => {
    expect(() => randnTensor(shape, [new TorchGenerator(1)])).toThrow('Expected 2 generators');
  });
});
