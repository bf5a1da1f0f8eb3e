import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OVStableDiffusionPipeline } from '../../lib/index.js';
import cases from '../fixtures/reference/sdxs.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import { bytesOf, optionsOf } from '../support/pipeline-cases.js';

const fixtures = join(import.meta.dirname, '../fixtures/export');

let work: string;
let pipeline: OVStableDiffusionPipeline;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'few-step-'));
  await cp(join(fixtures, 'sdxs'), work, { recursive: true });
  for (const part of ['text_encoder', 'tokenizer']) {
    await cp(join(fixtures, 'sd1', part), join(work, part), { recursive: true });
  }
  pipeline = await OVStableDiffusionPipeline.fromPretrained(work, { inferencePrecision: 'f32' });
});

afterAll(async () => {
  await pipeline.dispose();
  await rm(work, { recursive: true });
});

describe('a model with SDXS’ blocks and VAE', () => {
  it.each(cases)('generates what diffusers generates: $name', async (entry) => {
    // Steps and guidance are the defaults of its kind.
    const options = { height: 32, width: 32, ...optionsOf(entry) };
    const { images } = await pipeline.generate(entry.prompt, { ...options, outputType: 'raw' });
    const pixels = Buffer.concat(images.map(({ data }) => data));
    expect(psnr(pixels, bytesOf(entry.images))).toBeGreaterThanOrEqual(45);
  });

  it('takes one step without guidance by itself, also saved as IR', async () => {
    expect(pipeline.generationDefaults).toEqual({ numInferenceSteps: 1, guidanceScale: 0, eta: 0 });
    const saved = join(work, 'saved');
    await pipeline.savePretrained(saved);
    await using loaded = await OVStableDiffusionPipeline.fromPretrained(saved, { inferencePrecision: 'f32' });
    const [first] = cases;
    const { images } = await loaded.generate(first!.prompt, {
      height: 32,
      width: 32,
      seed: 1,
      outputType: 'raw',
    });
    expect(psnr(images[0]!.data, bytesOf(first!.images))).toBeGreaterThanOrEqual(45);
  });
});
