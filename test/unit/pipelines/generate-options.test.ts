import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { parseGenerateOptions } from '../../../lib/pipelines/generate-options.js';
import { TorchGenerator } from '../../../lib/random/index.js';

const latents = new Float32Array(4);

describe('options of generate', () => {
  it.each<[string, object]>([
    ['none', {}],
    ['all undefined', { width: undefined, seed: undefined, seeds: undefined, onStep: undefined }],
    ['one negative prompt', { negativePrompt: '' }],
    ['negative prompts', { negativePrompt: ['a', 'b'] }],
    ['the smallest numbers', { width: 1, height: 1, numInferenceSteps: 1, numImagesPerPrompt: 1, eta: 0 }],
    ['the largest numbers', { width: 16384, height: 16384, numInferenceSteps: 1000, eta: 1 }],
    ['guidance below zero', { guidanceScale: -3 }],
    ['a seed', { seed: 0 }],
    ['a negative seed', { seed: -1 }],
    ['a long seed', { seed: 2n ** 63n }],
    ['seeds', { seeds: [1, 2n] }],
    ['a generator', { generator: new TorchGenerator(1) }],
    ['generators', { generator: [new TorchGenerator(1), { randn: () => latents }] }],
    ['latents', { latents }],
    ['latents with a shape', { latents: { data: latents, shape: [1, 4, 1, 1] } }],
    ['latents and a seed', { latents, seed: 1 }],
    ['an output type', { outputType: 'latent' }],
    ['a signal of another realm', { signal: { aborted: false, addEventListener: () => undefined } }],
    ['a callback', { onStep: () => 'stop' }],
    ['a callback of another realm', { onStep: runInNewContext('() => 1') as () => number }],
  ])('may be %s', (_, options) => {
    expect(parseGenerateOptions(options)).toEqual(options);
  });

  it.each<[object, string]>([
    [{ negativePrompt: 5 }, 'a string or a list of strings for negativePrompt'],
    [{ negativePrompt: [] }, 'a string or a list of strings for negativePrompt'],
    [{ negativePrompt: ['a', 1] }, 'a string or a list of strings for negativePrompt'],
    [{ width: 0 }, 'integer between 1 and 16384 for width'],
    [{ width: '512' }, "for width but received '512' of type string"],
    [{ width: NaN }, 'for width'],
    [{ height: 64.5 }, 'for height'],
    [{ height: 2 ** 40 }, 'for height'],
    [{ height: null }, 'for height but received null'],
    [{ numInferenceSteps: 0 }, 'integer between 1 and 1000 for numInferenceSteps'],
    [{ numInferenceSteps: 1001 }, 'for numInferenceSteps'],
    [{ guidanceScale: Infinity }, 'a number between -100 and 1000 for guidanceScale'],
    [{ guidanceScale: '7.5' }, 'for guidanceScale'],
    [{ numImagesPerPrompt: 1025 }, 'integer between 1 and 1024 for numImagesPerPrompt'],
    [{ seed: 0.5 }, 'an integer (a bigint beyond 2^53) for seed'],
    [{ seed: 2 ** 53 }, 'for seed'],
    [{ seed: '7' }, 'for seed'],
    [{ seed: null }, 'for seed'],
    [{ seeds: 7 }, 'a list of integers (bigints beyond 2^53) for seeds'],
    [{ seeds: [1, 0.5] }, 'for seeds'],
    [{ generator: 7 }, 'a Generator or a list of them for generator'],
    [{ generator: { randn: 5 } }, 'for generator'],
    [{ generator: [] }, 'for generator'],
    [{ generator: [new TorchGenerator(1), null] }, 'for generator'],
    [{ latents: [1, 2] }, 'a Float32Array or { data: Float32Array, shape: number[] } for latents'],
    [{ latents: { data: latents } }, 'for latents'],
    [{ latents: { data: [1], shape: [1] } }, 'for latents'],
    [{ latents: new Float64Array(4) }, 'for latents'],
    [{ eta: 1.01 }, 'a number between 0 and 1 for eta'],
    [{ outputType: 'pil' }, "'image', 'raw' or 'latent' for outputType but received 'pil'"],
    [{ signal: new AbortController() }, 'an AbortSignal for signal'],
    [{ onStep: 'stop' }, 'a function for onStep'],
  ])('are refused: %o', (options, message) => {
    expect(() => parseGenerateOptions(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it.each([
    ['negative_prompt', 'negativePrompt'],
    ['witdh', 'width'],
    ['hieght', 'height'],
    ['num_inference_steps', 'numInferenceSteps'],
    ['guidance_scale', 'guidanceScale'],
    ['numImagePerPrompt', 'numImagesPerPrompt'],
    ['Seed', 'seed'],
    ['generators', 'generator'],
    ['latent', 'latents'],
    ['etta', 'eta'],
    ['output_type', 'outputType'],
    ['singal', 'signal'],
    ['onstep', 'onStep'],
  ])('named %s are refused, and %s suggested', (misspelt, meant) => {
    expect(() => parseGenerateOptions({ [misspelt]: undefined })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: `Unknown option '${misspelt}' for generate. Did you mean '${meant}'?`,
      }),
    );
  });

  it('of a name near none are refused with those there are', () => {
    expect(() => parseGenerateOptions({ callback: 1 } as never)).toThrow(
      /^Unknown option 'callback' for generate. Known options: negativePrompt, .*onStep\.$/,
    );
  });

  it.each([null, 5, 'seed', [], true])('are an object, not %j', (options) => {
    expect(() => parseGenerateOptions(options as never)).toThrow('an object for the options of generate');
  });
});
