import { expect, it } from 'vitest';

import { DYNAMIC_SHAPES, STATIC_SHAPES } from '../../../lib/components/shape-policy.js';

const size = { height: 8, width: 16 };

it('dynamic shapes are one network for every size', () => {
  expect(DYNAMIC_SHAPES.select(size)).toBe('dynamic');
});

it('static shapes are a network of each size', () => {
  expect(STATIC_SHAPES.select(size)).toBe(size);
});
