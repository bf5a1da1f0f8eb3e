import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  OVLatentConsistencyModelImg2ImgPipeline,
  OVLatentConsistencyModelPipeline,
} from '../../lib/index.js';
import cases from '../fixtures/reference/lcm_img2img.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import { sourceImage } from '../support/image-inputs.js';
import { bytesOf, optionsOf } from '../support/pipeline-cases.js';

const folder = join(import.meta.dirname, '../fixtures/export/lcm');
const image = sourceImage(32, 24, 3);

let pipeline: OVLatentConsistencyModelImg2ImgPipeline;

beforeAll(async () => {
  pipeline = await OVLatentConsistencyModelImg2ImgPipeline.fromPretrained(folder, {
    inferencePrecision: 'f32',
  });
});

afterAll(async () => {
  await pipeline.dispose();
});

describe('image to image of a latent consistency model', () => {
  it.each(cases)('generates what diffusers generates, with $name', async (entry) => {
    const { images } = await pipeline.generate(entry.prompt, {
      image,
      ...optionsOf(entry),
      outputType: 'raw',
    });
    const pixels = Buffer.concat(images.map(({ data }) => data));
    expect(psnr(pixels, bytesOf(entry.images))).toBeGreaterThanOrEqual(45);
  });

  it('shares the components of text to image, and back', async () => {
    const textToImage = OVLatentConsistencyModelPipeline.fromPipe(pipeline);
    const again = OVLatentConsistencyModelImg2ImgPipeline.fromPipe(textToImage);
    const { images } = await again.generate('a', { image, seed: 1 });
    expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 4, guidanceScale: 8.5, strength: 0.8 });
    await textToImage.dispose();
    await again.dispose();
  });

  it.each<[string, object, RegExp]>([
    ['more steps than the strength leaves', { strength: 0.1, numInferenceSteps: 6 }, /cannot take 6 steps/],
    ['a strength of 0', { strength: 0 }, /strength/],
    ['a negative prompt', { negativePrompt: 'a' }, /negativePrompt/],
    ['no image', { image: undefined }, /image/],
  ])('refuses %s and stays usable', async (_, options, message) => {
    await expect(pipeline.generate('a', { image, ...options })).rejects.toThrow(message);
    await expect(pipeline.generate('a', { image, numInferenceSteps: 1 })).resolves.toBeDefined();
  });
});
