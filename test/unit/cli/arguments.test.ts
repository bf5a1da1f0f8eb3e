import { describe, expect, it } from 'vitest';

import {
  isSingleFile,
  number,
  seed,
  seedsFrom,
  size,
  wholeNumber,
  wholeNumberUpTo,
} from '../../../lib/cli/arguments.js';

const invalid = (words: string): Error =>
  expect.objectContaining({ message: expect.stringContaining(words) as string }) as Error;
const failing = (parse: () => unknown): unknown => {
  try {
    return { parsed: parse() };
  } catch (error) {
    return error;
  }
};

describe('--size', () => {
  it.each([
    ['512', 512, 512],
    ['768x512', 768, 512],
    ['768X512', 768, 512],
    ['768×512', 768, 512],
    [' 64 ', 64, 64],
  ])('%s', (text, width, height) => {
    expect(size(text)).toEqual({ width, height });
  });

  it.each([
    '',
    '0',
    '512x',
    'x512',
    '512x0',
    '512x512x3',
    '-512',
    '51.2',
    '512 x 512',
    '1e3',
    '1000000',
    'large',
  ])('%s is refused', (text) => {
    expect(failing(() => size(text))).toEqual(invalid('512 or 768x512'));
  });
});

describe('numbers', () => {
  it.each([
    ['7.5', 7.5],
    ['-1', -1],
    ['1e2', 100],
  ])('%s', (text, value) => {
    expect(number(text)).toBe(value);
  });

  it.each(['', ' ', 'x', 'NaN', 'Infinity', '1,5', '5s'])('%s is none', (text) => {
    expect(failing(() => number(text))).toEqual(invalid('a number'));
  });

  it.each(['0', '-1', '1.5', '9007199254740993', ''])('%s is no whole number from 1', (text) => {
    expect(failing(() => wholeNumber(text))).toBeInstanceOf(Error);
  });

  it('have a limit where the library has one', () => {
    const steps = wholeNumberUpTo(1000);
    expect([steps('1'), steps('1000')]).toEqual([1, 1000]);
    expect(failing(() => steps('1001'))).toEqual(invalid('from 1 to 1000'));
  });
});

describe('--seed', () => {
  it.each(['0', '42', '18446744073709551615'])('%s', (text) => {
    expect(seed(text)).toBe(BigInt(text));
  });

  it.each(['-1', '1.5', '', '0x10', '18446744073709551616'])('%s is refused', (text) => {
    expect(failing(() => seed(text))).toEqual(invalid('whole number from 0'));
  });

  it('counts up for further images, and begins again after the largest', () => {
    expect(seedsFrom(41n, 3)).toEqual([41n, 42n, 43n]);
    expect(seedsFrom(2n ** 64n - 1n, 2)).toEqual([2n ** 64n - 1n, 0n]);
  });
});

it.each([
  ['model.safetensors', true],
  ['folder/MODEL.CKPT', true],
  ['folder', false],
  ['org/name', false],
  ['safetensors', false],
])('%s is a single file: %s', (model, expected) => {
  expect(isSingleFile(model)).toBe(expected);
});
