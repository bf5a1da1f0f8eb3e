import { describe, expect, it } from 'vitest';

import { version } from '../../../lib/index.js';
import type { GenerateOptions } from '../../../lib/pipelines/index.js';
import { generationParameters } from '../../../lib/pipelines/generation-parameters.js';
import { resolveRequest } from '../../../lib/pipelines/request.js';
import { EulerDiscreteScheduler } from '../../../lib/schedulers/index.js';

const defaults = { vaeScaleFactor: 8, sampleSize: { height: 64, width: 64 }, reshaped: undefined };

function describeImages(prompt: string | string[], options: GenerateOptions, model = 'someone/model') {
  const request = resolveRequest(prompt, options, defaults);
  return generationParameters(request, new EulerDiscreteScheduler(), model);
}

describe('an image’s parameters', () => {
  it('are what it was made with', () => {
    const options = { numInferenceSteps: 20, guidanceScale: 5, width: 768, height: 512, negativePrompt: 'b' };
    expect(describeImages('a', options)(0, 7)).toMatchObject({
      ...options,
      prompt: 'a',
      scheduler: 'EulerDiscreteScheduler',
      seed: 7,
      version,
    });
  });

  it('have the prompts of its row', () => {
    const describeImage = describeImages(['a', 'b'], { negativePrompt: ['c', 'd'], numImagesPerPrompt: 2 });
    const prompts = [0, 1, 2, 3].map((image) => {
      const { prompt, negativePrompt } = describeImage(image, 1);
      return [prompt, negativePrompt];
    });
    expect(prompts).toEqual([
      ['a', 'c'],
      ['a', 'c'],
      ['b', 'd'],
      ['b', 'd'],
    ]);
  });

  it('have no negative prompt without guidance, which ignores it', () => {
    const { negativePrompt } = describeImages('a', { negativePrompt: 'b', guidanceScale: 1 })(0, 1);
    expect(negativePrompt).toBe('');
  });

  it('have no seed where none made it', () => {
    expect(describeImages('a', {})(0, undefined)).not.toHaveProperty('seed');
  });

  it.each([
    ['someone/model', 'model'],
    ['/models/sd15/', 'sd15'],
    ['model.safetensors', 'model.safetensors'],
  ])('name the model of %s without its folder', (name, model) => {
    expect(describeImages('a', {}, name)(0, 1).model).toBe(model);
  });
});
