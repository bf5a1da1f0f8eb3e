import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  DDIMScheduler,
  OVLatentConsistencyModelPipeline,
  OVStableDiffusionPipeline,
} from '../../lib/index.js';
import cases from '../fixtures/reference/lcm.json' with { type: 'json' };
import { psnr, relativeToDeviation } from '../support/agreement.js';
import { bytesOf, floatsOf, optionsOf } from '../support/pipeline-cases.js';

const folder = join(import.meta.dirname, '../fixtures/export/lcm');
const size = { height: 32, width: 32 };

let pipeline: OVLatentConsistencyModelPipeline;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'lcm-'));
  pipeline = await OVLatentConsistencyModelPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
});

afterAll(async () => {
  await pipeline.dispose();
  await rm(work, { recursive: true });
});

describe('a latent consistency model generates what diffusers generates, with', () => {
  it.each(cases)('$name', async (entry) => {
    const options = { ...size, ...optionsOf(entry) };
    const { latents } = await pipeline.generate(entry.prompt, { ...options, outputType: 'latent' });
    expect(latents.shape).toEqual(entry.latents.shape);
    expect(relativeToDeviation(latents.data, floatsOf(entry.latents))).toBeLessThan(5e-4);
    const { images } = await pipeline.generate(entry.prompt, { ...options, outputType: 'raw' });
    const pixels = Buffer.concat(images.map(({ data }) => data));
    expect(psnr(pixels, bytesOf(entry.images))).toBeGreaterThanOrEqual(45);
  });
});

describe('a latent consistency model', () => {
  const [first] = cases;

  it('generates the same reshaped, and saved as IR', async () => {
    const saved = join(work, 'saved');
    await pipeline.savePretrained(saved);
    const index = JSON.parse(await readFile(join(saved, 'model_index.json'), 'utf8')) as object;
    expect(index).toMatchObject({ _class_name: 'LatentConsistencyModelPipeline' });
    const options = { inferencePrecision: 'f32', strictShapes: true } as const;
    await using loaded = await OVLatentConsistencyModelPipeline.fromPretrained(saved, options);
    // Without an unconditional half, whatever reshape's default is.
    await loaded.reshape(size);
    const { images } = await loaded.generate(first!.prompt, { seed: 1, outputType: 'raw' });
    expect(psnr(images[0]!.data, bytesOf(first!.images))).toBeGreaterThanOrEqual(45);
  });

  it('takes 4 steps and says so to onStep', async () => {
    const steps: string[] = [];
    const { images } = await pipeline.generate('a', {
      ...size,
      onStep: ({ step, steps: all }) => steps.push(`${step}/${all}`),
    });
    expect(steps).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 4, guidanceScale: 8.5 });
  });

  it.each<[string, object, RegExp]>([
    ['more steps than it was distilled at', { numInferenceSteps: 51 }, /cannot take 51 steps/],
    [
      'more steps than it is said to be',
      { numInferenceSteps: 5, originalInferenceSteps: 4 },
      /cannot take 5/,
    ],
    ['no distillation steps', { originalInferenceSteps: 0 }, /originalInferenceSteps/],
    ['a negative prompt', { negativePrompt: 'a' }, /negativePrompt/],
    ['guidance rescale', { guidanceRescale: 0.5 }, /guidanceRescale/],
    ['sigmas', { sigmas: [1, 0.5] }, /sigmas/],
  ])('refuses %s and stays usable', async (_, options, message) => {
    await expect(pipeline.generate('a', options)).rejects.toThrow(message);
    await expect(pipeline.generate('a', { ...size, numInferenceSteps: 1 })).resolves.toBeDefined();
  });

  it('refuses originalInferenceSteps for a scheduler that takes none', async () => {
    const other = OVLatentConsistencyModelPipeline.fromPipe(pipeline);
    other.scheduler = DDIMScheduler.fromConfig(pipeline.scheduler.config);
    await expect(other.generate('a', { originalInferenceSteps: 20 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('DDIMScheduler takes no originalInferenceSteps') as string,
    });
    await expect(other.generate('a', { ...size, numInferenceSteps: 2 })).resolves.toBeDefined();
    await other.dispose();
  });

  it('refuses a UNet that takes no guidance, as that of Stable Diffusion', async () => {
    await using sd1 = await OVStableDiffusionPipeline.fromPretrained(join(folder, '../sd1'));
    expect(() => OVLatentConsistencyModelPipeline.fromPipe(sd1)).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE_COMPONENTS',
        message: expect.stringContaining('timestep_cond') as string,
      }),
    );
  });
});
