import { expect, it } from 'vitest';

import { report, selfTest } from '../../../lib/cli/self-test.js';
import { REFERENCE_NETWORK, REFERENCE_SQUARES } from '../../../lib/cli/self-test-reference.js';
import { TorchGenerator } from '../../../lib/random/index.js';

it('the self-test generates diffusers’ image', async () => {
  const { kind, passed, difference } = await selfTest('packages/shapes');
  expect({ kind, passed }).toEqual({ kind: 'image', passed: true });
  expect(difference).toBeLessThan(1);
});

it('the self-test computes torch’s result where there is no model', async () => {
  const { kind, passed, difference } = await selfTest('');
  expect({ kind, passed }).toEqual({ kind: 'network', passed: true });
  expect(difference).toBeLessThan(0.001);
});

it('the self-test fails for noise, for another size and for what is not a number', () => {
  const noise = new TorchGenerator(1).randn([REFERENCE_SQUARES.length]);
  expect(
    report(
      'image',
      Array.from(noise, (value) => 127 + value * 20),
      REFERENCE_SQUARES,
      3,
    ).passed,
  ).toBe(false);
  expect(report('network', [...noise], REFERENCE_NETWORK, 0.01).passed).toBe(false);
  expect(report('image', REFERENCE_SQUARES.slice(1), REFERENCE_SQUARES, 3).passed).toBe(false);
  expect(report('image', REFERENCE_SQUARES.slice(0, -1), REFERENCE_SQUARES, 3).passed).toBe(false);
  expect(report('image', REFERENCE_SQUARES.with(5, NaN), REFERENCE_SQUARES, 3).passed).toBe(false);
});
