import { describe, expect, it } from 'vitest';

import { parseCompileOptions, parseReshapeOptions } from '../../../lib/pipelines/reshape-options.js';

const size = { height: 64, width: 32 };

it('a shape is of one image of one prompt, with guidance, where nothing else is said', () => {
  expect(parseReshapeOptions(size)).toEqual({
    shape: { ...size, batchSize: 1, numImagesPerPrompt: 1, guidance: true },
  });
});

it('what is given is taken', () => {
  const { signal } = new AbortController();
  const onProgress = () => undefined;
  const shape = { ...size, batchSize: 2, numImagesPerPrompt: 3, guidance: false };
  const parsed = parseReshapeOptions({ ...shape, signal, onProgress });
  expect(parsed.shape).toEqual(shape);
  expect(parsed.signal).toBe(signal);
  expect(parseCompileOptions({ signal, onProgress }).signal).toBe(signal);
  expect(parseCompileOptions({})).toEqual({});
});

describe('reshape refuses', () => {
  it.each([
    [{}, 'height'],
    [{ height: 64 }, 'width'],
    [{ ...size, height: 0 }, 'height'],
    [{ ...size, width: 16385 }, 'width'],
    [{ ...size, width: 64.5 }, 'width'],
    [{ ...size, height: '64' }, 'height'],
    [{ ...size, height: null }, 'height'],
    [{ ...size, batchSize: 0 }, 'batchSize'],
    [{ ...size, batchSize: -1 }, 'batchSize'],
    [{ ...size, numImagesPerPrompt: NaN }, 'numImagesPerPrompt'],
    [{ ...size, guidance: 7.5 }, 'guidance'],
    [{ ...size, onProgress: {} }, 'onProgress'],
    [{ ...size, signal: {} }, 'signal'],
  ])('%j', (options, name) => {
    expect(() => parseReshapeOptions(options as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(` for ${name} but received `) as string,
      }),
    );
  });

  it.each([null, undefined, 5, 'large', [64, 64]])('%j for its options', (options) => {
    expect(() => parseReshapeOptions(options as never)).toThrow('an object for the options of reshape');
    if (options !== undefined) {
      expect(() => parseCompileOptions(options as never)).toThrow('an object for the options of compile');
    }
  });

  it.each([
    ['hight', 'height'],
    ['batch_size', 'batchSize'],
    ['num_images_per_prompt', 'numImagesPerPrompt'],
    ['guidence', 'guidance'],
  ])('%s, and suggests %s', (misspelt, meant) => {
    expect(() => parseReshapeOptions({ ...size, [misspelt]: 1 })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: `Unknown option '${misspelt}' for reshape. Did you mean '${meant}'?`,
      }),
    );
  });
});

it.each([
  [{ onProgress: 5 }, 'INVALID_ARGUMENT', 'a function for onProgress'],
  [{ signal: 'now' }, 'INVALID_ARGUMENT', 'an AbortSignal for signal'],
  [{ height: 64 }, 'UNKNOWN_OPTION', "Unknown option 'height' for compile"],
])('compile refuses %j', (options, code, message) => {
  expect(() => parseCompileOptions(options as never)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
  );
});
