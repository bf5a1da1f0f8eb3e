import { expect, it } from 'vitest';

import { ReshapePolicy } from '../../../lib/pipelines/reshape-policy.js';

const shape = { batchSize: 1, height: 64, width: 32, numImagesPerPrompt: 1, guidance: true };
const other = { ...shape, width: 64, guidance: false };

it('shapes are dynamic until the pipeline is reshaped, then those of each call', () => {
  const policy = new ReshapePolicy(false);
  expect(policy.shape).toBeUndefined();
  expect(policy.select(other)).toBe('dynamic');
  policy.reshape(shape);
  expect(policy.shape).toBe(shape);
  expect(policy.select(other)).toBe(other);
});

it('a strict policy refuses other shapes once reshaped, naming each difference', () => {
  const policy = new ReshapePolicy(true);
  policy.require(other);
  policy.reshape(shape);
  policy.require({ ...shape });
  expect(() => {
    policy.require(other);
  }).toThrow(
    expect.objectContaining({
      code: 'SHAPE_MISMATCH',
      message:
        'The pipeline was reshaped, with strictShapes, to another shape: width 64 instead of 32, guidance false instead of true',
    }),
  );
});

it('a policy that is not strict takes every shape', () => {
  const policy = new ReshapePolicy(false);
  policy.reshape(shape);
  policy.require(other);
  expect(policy.select(other)).toBe(other);
});

it('a strict policy refuses prompts of other lengths once reshaped', () => {
  const policy = new ReshapePolicy(true);
  policy.requireTokens(154, 77);
  policy.reshape(shape);
  policy.requireTokens(77, 77);
  expect(() => {
    policy.requireTokens(154, 77);
  }).toThrow(
    expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringContaining('154') as string }),
  );
});
