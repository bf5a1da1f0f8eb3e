import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import { threshold } from '../../../lib/schedulers/thresholding.js';
import { weightedSum, type Term } from '../../../lib/schedulers/weighted-sum.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

describe('a weighted sum', () => {
  it('of any number of terms is that of its elements', () => {
    const tensor = fc.array(float, { minLength: 3, maxLength: 3 }).map((values) => Float32Array.from(values));
    const terms = fc.array(fc.tuple(fc.constantFrom(0, -0.5, 1, 2.25), tensor), {
      minLength: 1,
      maxLength: 7,
    });
    fc.assert(
      fc.property(terms, (given: Term[]) => {
        const sum = weightedSum(...given);
        for (const i of [0, 1, 2]) {
          const expected = given.reduce((total, [weight, values]) => total + weight * values[i]!, 0);
          expect(Math.abs(sum[i]! - Math.fround(expected))).toBeLessThanOrEqual(1e-3);
        }
      }),
    );
  });

  it('leaves out what has weight 0, an infinity too', () => {
    expect([...weightedSum([0, Float32Array.of(Infinity)], [2, Float32Array.of(3)])]).toEqual([6]);
    expect([...weightedSum([0, Float32Array.of(NaN)])]).toEqual([0]);
  });

  it('refuses tensors of different lengths', () => {
    expect(() => weightedSum([1, new Float32Array(4)], [1, new Float32Array(5)])).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});

describe('dynamic thresholding', () => {
  /** The definition, by sorting. */
  function bySorting(image: Float32Array, ratio: number, most: number): Float32Array {
    const sorted = image.map(Math.abs).sort();
    const position = ratio * (image.length - 1);
    const [low, high] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
    const limit = Math.min(Math.max(low + (position % 1) * (high - low), 1), most);
    return image.map((value) => Math.min(Math.max(value, -limit), limit) / limit);
  }

  it.each([0, 0.5, 0.9, 0.995, 1])('clamps each image to its own quantile: %s', (ratio) => {
    const images = [1, 2, 3].map((seed) =>
      new TorchGenerator(seed).randn([1001]).map((value) => value * seed),
    );
    const result = threshold(Float32Array.from(images.flatMap((image) => [...image])), 3, {
      dynamicThresholdingRatio: ratio,
      sampleMaxValue: 5,
    });
    const expected = images.flatMap((image) => [...bySorting(image, ratio, 5)]);
    expect([...result]).toEqual(expected);
  });

  it('refuses a batch that the sample does not divide into', () => {
    const config = { dynamicThresholdingRatio: 0.9, sampleMaxValue: 1 };
    expect(() => threshold(new Float32Array(10), 3, config)).toThrow('does not divide into 3 images');
  });
});
