import { describe, expect, it } from 'vitest';

import {
  checkRequest,
  latentSize,
  resolveRequest,
  shapeOf,
  type RequestDefaults,
} from '../../../lib/pipelines/request.js';

const defaults: RequestDefaults = {
  vaeScaleFactor: 8,
  sampleSize: { height: 64, width: 96 },
  reshaped: undefined,
  guidanceScale: 7.5,
};
const reshaped = { batchSize: 1, height: 256, width: 128, numImagesPerPrompt: 3, guidance: true };

describe('what a request does not say', () => {
  it('is as in diffusers, at the size that the model was trained on', () => {
    expect(resolveRequest('a', {}, defaults)).toEqual({
      prompts: ['a'],
      negativePrompts: [''],
      numImagesPerPrompt: 1,
      numInferenceSteps: 50,
      guidanceScale: 7.5,
      eta: 0,
      height: 512,
      width: 768,
      latentSize: { height: 64, width: 96 },
      images: 1,
    });
  });

  it('is as the pipeline was reshaped', () => {
    expect(resolveRequest('a', {}, { ...defaults, reshaped })).toMatchObject({
      height: 256,
      width: 128,
      numImagesPerPrompt: 3,
      images: 3,
      latentSize: { height: 32, width: 16 },
    });
  });

  it('is taken one by one: a height given leaves the width as it was reshaped', () => {
    const request = resolveRequest('a', { height: 64 }, { ...defaults, reshaped });
    expect([request.height, request.width]).toEqual([64, 128]);
  });
});

describe('a request', () => {
  it('takes what is given', () => {
    const options = {
      width: 64,
      height: 32,
      numInferenceSteps: 3,
      guidanceScale: 2,
      numImagesPerPrompt: 2,
      eta: 0.5,
    };
    expect(resolveRequest(['a', 'b'], options, { ...defaults, reshaped })).toMatchObject({
      ...options,
      images: 4,
      latentSize: { height: 4, width: 8 },
    });
  });

  it('has one negative prompt for all prompts, or one for each', () => {
    const negative = (negativePrompt: string | string[]) =>
      resolveRequest(['a', 'b'], { negativePrompt }, defaults).negativePrompts;
    expect(negative('c')).toEqual(['c', 'c']);
    expect(negative(['c', 'd'])).toEqual(['c', 'd']);
  });

  it.each([1, 0.5, 0, -2])('has no negative prompts at guidance %d, which is none', (guidanceScale) => {
    const request = resolveRequest('a', { guidanceScale, negativePrompt: 'b' }, defaults);
    expect(request.negativePrompts).toBeUndefined();
    expect(shapeOf(request).guidance).toBe(false);
  });

  it('needs a shape in the terms of reshape', () => {
    const request = resolveRequest(['a', 'b'], { numImagesPerPrompt: 3, width: 64, height: 32 }, defaults);
    expect(shapeOf(request)).toEqual({
      batchSize: 2,
      numImagesPerPrompt: 3,
      width: 64,
      height: 32,
      guidance: true,
    });
  });
});

describe('a request is refused when it is made', () => {
  it.each<[string, unknown, object, string]>([
    ['without a prompt', undefined, {}, 'Expected a string for prompt but received undefined'],
    ['for a number', 5, {}, 'Expected a string for prompt but received 5 of type number'],
    ['for no prompts', [], {}, 'Expected at least one prompt but received an empty list'],
    ['for a list with anything but strings', ['a', null], {}, 'Expected a string for prompt'],
    [
      'with negative prompts of another number',
      ['a', 'b'],
      { negativePrompt: ['c'] },
      'Expected one negative prompt or 2, one a prompt, but received 1',
    ],
    [
      'between two latents in height',
      'a',
      { height: 12 },
      'Expected a multiple of 8 for height but received 12',
    ],
    [
      'between two latents in width',
      'a',
      { width: 63 },
      'Expected a multiple of 8 for width but received 63',
    ],
  ])('%s', (_, prompt, options, message) => {
    expect(() => {
      checkRequest(prompt, options, 8);
    }).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('and else is not', () => {
    expect(() => {
      checkRequest(['a', ''], { negativePrompt: ['', 'b'], height: 8, width: 16 }, 8);
    }).not.toThrow();
  });
});

it('a size in latents is the pixels’ over the factor', () => {
  expect(latentSize({ height: 64, width: 32 }, 8)).toEqual({ height: 8, width: 4 });
  expect(() => latentSize({ height: 64, width: 33 }, 8)).toThrow('a multiple of 8 for width');
});
