import { beforeAll, describe, expect, it } from 'vitest';

import { chunksOf, countChunks } from '../../../lib/prompts/chunks.js';
import { emphasize } from '../../../lib/prompts/emphasis.js';
import { parseWeights } from '../../../lib/prompts/weighted-text.js';
import { ClipTokenizer } from '../../../lib/tokenizer/index.js';
import { smallTokenizer } from '../../support/fake-components.js';

let tokenizer: ClipTokenizer;

beforeAll(async () => {
  tokenizer = await ClipTokenizer.fromPretrained(smallTokenizer);
});

describe('a weight', () => {
  it.each(['(a:1.2.3)', '(a:.)', '(a:1001)', `${'('.repeat(80)}a`])('is refused in %s', (prompt) => {
    expect(() => parseWeights(prompt)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('that has no digit is plain text', () => {
    expect(parseWeights('(a:+)')).toEqual([{ text: 'a:+', weight: 1.1 }]);
  });

  it('is found in one pass, however many brackets there are', () => {
    expect(() => parseWeights('(a'.repeat(40_000))).toThrow('256 brackets within each other');
    expect(parseWeights('(a)'.repeat(30_000))).toEqual([{ text: 'a'.repeat(30_000), weight: 1.1 }]);
    expect(parseWeights(' '.repeat(100_000) + 'BREAK')).toHaveLength(3);
  });
});

describe('chunks', () => {
  const weighted = { promptWeighting: true };

  it('are one without text', () => {
    expect(chunksOf('', tokenizer, weighted)).toEqual([{ ids: tokenizer.frame([]).ids, weights: undefined }]);
  });

  it('hold plain text where only their length is wanted', () => {
    const [chunk, ...others] = chunksOf('(a:2) BREAK b', tokenizer, { longPrompts: true });
    expect(others).toEqual([]);
    expect(chunk).toEqual({ ids: tokenizer.encode('(a:2) BREAK b').ids, weights: undefined });
  });

  it('have a weight for each id', () => {
    const [chunk] = chunksOf('a (a a:2)', tokenizer, weighted);
    const weights = [...chunk!.weights!];
    expect(weights.slice(0, 5)).toEqual([1, 1, 2, 2, 1]);
    expect(weights).toHaveLength(77);
  });

  it('are counted up to a limit', () => {
    expect(countChunks(['a', 'a '.repeat(151)], tokenizer, { longPrompts: true })).toBe(3);
    expect(countChunks(['a '.repeat(151)], tokenizer, {})).toBe(1);
    expect(() => chunksOf('BREAK '.repeat(100), tokenizer, weighted)).toThrow('at most 64 chunks');
  });
});

it('emphasis keeps the mean, and states whose mean becomes 0 are only multiplied', () => {
  const states = Float32Array.of(1, 2, 3, 4);
  emphasize(states, Float32Array.of(1, 3));
  expect([...states].map((value) => Number(value.toFixed(5)))).toEqual([0.41667, 0.83333, 3.75, 5]);
  const zero = Float32Array.of(1, 1, 1, 1);
  emphasize(zero, Float32Array.of(1, -1));
  expect([...zero]).toEqual([1, 1, -1, -1]);
});
