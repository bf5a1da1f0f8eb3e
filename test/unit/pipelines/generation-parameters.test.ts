import { describe, expect, it } from 'vitest';

import { version } from '../../../lib/index.js';
import type { PretrainedModel } from '../../../lib/models/index.js';
import { generationParameters, type GenerationSetup } from '../../../lib/pipelines/generation-parameters.js';
import type { GenerateOptions } from '../../../lib/pipelines/index.js';
import { resolveRequest } from '../../../lib/pipelines/request.js';
import {
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
} from '../../../lib/schedulers/index.js';

const defaults = {
  vaeScaleFactor: 8,
  sampleSize: { height: 64, width: 64 },
  reshaped: undefined,
  guidanceScale: 7.5,
};
const model = { name: 'someone/model', export: undefined } as PretrainedModel;

function describeImages(
  prompt: string | string[],
  options: GenerateOptions,
  setup: Partial<GenerationSetup> = {},
) {
  return generationParameters(resolveRequest(prompt, options, defaults), {
    scheduler: new EulerDiscreteScheduler(),
    model,
    modelSchedulerConfig: {},
    inferencePrecision: undefined,
    sharesSeed: true,
    ...setup,
  });
}

describe('an image’s parameters', () => {
  it('are what it was made with', () => {
    const options = { numInferenceSteps: 20, guidanceScale: 5, width: 768, height: 512, negativePrompt: 'b' };
    const exported = { ...model, export: { weightFormat: 'int8', clipSkip: 1 } };
    const described = describeImages('a', options, { model: exported, inferencePrecision: 'bf16' });
    expect(described(0, 7)).toMatchObject({
      ...options,
      prompt: 'a',
      scheduler: 'EulerDiscreteScheduler',
      seed: 7,
      rng: 'CPU',
      inferencePrecision: 'bf16',
      weightFormat: 'int8',
      clipSkip: 1,
      version,
    });
  });

  it('have the prompts of its row', () => {
    const described = describeImages(['a', 'b'], { negativePrompt: ['c', 'd'], numImagesPerPrompt: 2 });
    const prompts = [0, 1, 2, 3].map((image) => {
      const { prompt, negativePrompt } = described(image, 1);
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

  it('have its place in a batch of one seed, without which that seed does not bring it back', () => {
    const described = describeImages('a', { numImagesPerPrompt: 3 });
    expect(described(2, 7)).toMatchObject({ seed: 7, batchSize: 3, batchIndex: 2 });
    const alone = describeImages('a', { numImagesPerPrompt: 3 }, { sharesSeed: false });
    expect(alone(2, 7)).not.toHaveProperty('batchSize');
    expect(describeImages('a', {})(0, 7)).not.toHaveProperty('batchSize');
  });

  it('have no seed, and no place in its batch, where no seed made it', () => {
    const parameters = describeImages('a', { numImagesPerPrompt: 2 })(0, undefined);
    for (const key of ['seed', 'rng', 'batchSize', 'batchIndex']) expect(parameters).not.toHaveProperty(key);
  });

  it.each([
    ['someone/model', 'model'],
    ['/models/sd15/', 'sd15'],
    ['model.safetensors', 'model.safetensors'],
  ])('name the model of %s without its folder', (name, expected) => {
    expect(describeImages('a', {}, { model: { ...model, name } })(0, 1).model).toBe(expected);
  });

  it('have eta for the scheduler that has it', () => {
    const eta = 0.5;
    expect(describeImages('a', { eta }, { scheduler: new DDIMScheduler() })(0, 1).eta).toBe(eta);
    expect(describeImages('a', { eta })(0, 1)).not.toHaveProperty('eta');
    expect(describeImages('a', { eta: 0 }, { scheduler: new DDIMScheduler() })(0, 1)).not.toHaveProperty(
      'eta',
    );
  });
});

describe('an image’s scheduler config', () => {
  const scheduler = new DPMSolverMultistepScheduler({ useKarrasSigmas: true, betaStart: 0.00085 });

  it('is what differs from the model’s, and what selects a sampler', () => {
    const { schedulerConfig } = describeImages(
      'a',
      {},
      { scheduler, modelSchedulerConfig: { beta_start: 0.00085 } },
    )(0, 1);
    expect(schedulerConfig).toMatchObject({ useKarrasSigmas: true, solverOrder: 2 });
    expect(schedulerConfig).not.toHaveProperty('betaStart');
    const other = describeImages('a', {}, { scheduler })(0, 1).schedulerConfig;
    expect(other).toHaveProperty('betaStart', 0.00085);
  });

  it('is what differs from the class’s own where the model’s cannot be used', () => {
    const modelSchedulerConfig = { beta_start: 'small', prediction_type: 'none of these' };
    const { schedulerConfig } = describeImages('a', {}, { scheduler, modelSchedulerConfig })(0, 1);
    expect(schedulerConfig).toMatchObject({ useKarrasSigmas: true, betaStart: 0.00085 });
  });
});
