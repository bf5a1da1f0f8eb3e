import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { noiseSource, requireOneNoiseSource } from '../../../lib/denoising/index.js';
import { TorchGenerator, type Generator } from '../../../lib/random/index.js';

const shape = [2, 4, 3, 3];
const row = 4 * 3 * 3;
const drawn = (seed: number | bigint, own: readonly number[] = shape) => new TorchGenerator(seed).randn(own);

/** Fills with the number of the draw. */
function counting(): Generator {
  let draws = 0;
  return { randn: (own) => new Float32Array(own.reduce((a, b) => a * b, 1)).fill(++draws) };
}

describe('noise', () => {
  it('of one seed is drawn for the whole batch, and goes on where it ended', () => {
    const noise = noiseSource({ seed: 7 }, shape);
    const generator = new TorchGenerator(7);
    expect(noise.latents).toEqual(generator.randn(shape));
    expect(noise.next()).toEqual(generator.randn(shape));
    expect(noise.seeds).toEqual([7, 7]);
  });

  it('of a seed for each image is drawn for each alone', () => {
    const noise = noiseSource({ seeds: [7, 2n ** 60n] }, shape);
    expect(noise.latents.subarray(0, row)).toEqual(drawn(7, [1, 4, 3, 3]));
    expect(noise.latents.subarray(row)).toEqual(drawn(2n ** 60n, [1, 4, 3, 3]));
    expect(noise.seeds).toEqual([7, 2n ** 60n]);
  });

  it('without a seed is of a random one for each image, which draws it again', () => {
    const noise = noiseSource({}, shape);
    expect(new Set(noise.seeds).size).toBe(2);
    expect(noiseSource({ seeds: noise.seeds as number[] }, shape).latents).toEqual(noise.latents);
    expect(noiseSource({}, shape).seeds).not.toEqual(noise.seeds);
  });

  it('of a generator goes on where the generator is, and has no seed', () => {
    const generator = new TorchGenerator(3);
    generator.randn(shape);
    const noise = noiseSource({ generator }, shape);
    const expected = new TorchGenerator(3);
    expected.randn(shape);
    expect(noise.latents).toEqual(expected.randn(shape));
    expect(noise.seeds).toEqual([undefined, undefined]);
  });

  it('of a generator for each image is drawn by each', () => {
    const noise = noiseSource({ generator: [counting(), counting()] }, shape);
    expect([...new Set(noise.latents)]).toEqual([1]);
    expect([...new Set(noise.next())]).toEqual([2]);
  });

  it('may be given as latents, which are copied; more of it is of the seed', () => {
    const latents = new Float32Array(2 * row).fill(0.5);
    const noise = noiseSource({ latents, seed: 7 }, shape);
    latents.fill(9);
    expect([...new Set(noise.latents)]).toEqual([0.5]);
    expect(noise.seeds).toEqual([undefined, undefined]);
    expect(noise.next()).toEqual(drawn(7));
  });

  it('may be given as latents with their shape', () => {
    const data = new Float32Array(2 * row).fill(0.5);
    expect(noiseSource({ latents: { data, shape } }, shape).latents).toEqual(data);
  });
});

describe('noise is refused', () => {
  it.each([
    [{ seed: 1, seeds: [1, 2] }, 'seed and seeds'],
    [{ seed: 0, generator: counting() }, 'seed and generator'],
    [{ seed: 1, seeds: [1, 2], generator: counting() }, 'seed and seeds and generator'],
  ])('from more than one source: %o', (options, named) => {
    const refusal = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: `Expected one source of noise but received ${named}`,
    }) as Error;
    expect(() => noiseSource(options, shape)).toThrow(refusal);
    expect(() => {
      requireOneNoiseSource(options);
    }).toThrow(refusal);
  });

  it.each([
    [{ seeds: [1] }, 'Expected 2 seeds, one for each image, but received 1'],
    [{ seeds: [] }, 'Expected 2 seeds, one for each image, but received 0'],
    [{ generator: [counting()] }, 'Expected 2 generators, one for each image, but received 1'],
  ])('from another number of sources than images: %o', (options, message) => {
    expect(() => noiseSource(options, shape)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
    );
  });

  it.each([
    [
      'of another length',
      new Float32Array(3),
      'Expected latents of shape [2, 4, 3, 3] but received 3 elements',
    ],
    [
      'of another shape',
      { data: new Float32Array(2 * row), shape: [2, 3, 4, 3] },
      'received [2, 3, 4, 3] with 72 elements',
    ],
    ['that do not fill their shape', { data: new Float32Array(5), shape }, '[2, 4, 3, 3] with 5 elements'],
  ])('as latents %s', (_, latents, message) => {
    expect(() => noiseSource({ latents }, shape)).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it.each<[string, Generator | Generator[]]>([
    ['too few', { randn: () => new Float32Array(3) }],
    ['none', { randn: () => new Float32Array(0) }],
    ['too many', { randn: () => new Float32Array(1000) }],
    ['something else', { randn: () => [1, 2, 3] as never }],
    ['too few for one image', [counting(), { randn: () => new Float32Array(row - 1) }]],
    ['too many for one image', [counting(), { randn: () => new Float32Array(row + 1) }]],
  ])('of a generator that returns %s', (_, generator) => {
    expect(() => noiseSource({ generator }, shape).latents).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining('generator') as string,
      }),
    );
  });

  it('but not of a generator of another realm', () => {
    const foreign = runInNewContext('(n) => ({ randn: () => new Float32Array(n).fill(0.25) })') as (
      elements: number,
    ) => Generator;
    const { latents } = noiseSource({ generator: foreign(2 * row) }, shape);
    expect([...new Set(latents)]).toEqual([0.25]);
  });
});
