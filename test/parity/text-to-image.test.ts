import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import * as schedulers from '../../lib/schedulers/index.js';
import { OVStableDiffusionPipeline, type GenerateOptions } from '../../lib/pipelines/index.js';
import cases from '../reference/parity_cases.json' with { type: 'json' };
import { psnr, relativeToDeviation } from '../support/agreement.js';

/**
 * Another model may be named by both variables: its OpenVINO folder, and what test/reference/make_parity.py wrote
 * for the same model in diffusers.
 */
const folder = process.env.PARITY_MODEL ?? join(import.meta.dirname, '../fixtures/sd-tiny');
const file = process.env.PARITY_VALUES ?? join(import.meta.dirname, '../fixtures/reference/parity.json');

interface Encoded {
  shape: number[];
  base64: string;
}
const reference = JSON.parse(readFileSync(file, 'utf8')) as {
  scale: number;
  values: Record<string, { latents: Encoded; pictures: Encoded }>;
};

const bytes = ({ base64 }: Encoded): Buffer => Buffer.from(base64, 'base64');
const floats = (encoded: Encoded): Float32Array => new Float32Array(Uint8Array.from(bytes(encoded)).buffer);

interface Case {
  name: string;
  scheduler: string;
  config?: object;
  prompt: string[];
  negativePrompt?: string[];
  images?: number;
  steps: number;
  guidanceScale: number;
  guidanceRescale?: number;
  guidanceStart?: number;
  guidanceEnd?: number;
  eta?: number;
  seed?: number;
  seeds?: number[];
  height?: number;
  width?: number;
}

let pipeline: OVStableDiffusionPipeline;
let own: schedulers.Scheduler;

beforeAll(async () => {
  pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
  own = pipeline.scheduler;
});

afterAll(async () => {
  await pipeline.dispose();
});

function prepare(entry: Case): GenerateOptions {
  const known = schedulers as unknown as Record<
    string,
    { fromConfig(config: object, overrides?: object): schedulers.Scheduler }
  >;
  pipeline.scheduler = known[entry.scheduler]!.fromConfig(own.config, entry.config);
  return {
    negativePrompt: entry.negativePrompt,
    numInferenceSteps: entry.steps,
    guidanceScale: entry.guidanceScale,
    guidanceRescale: entry.guidanceRescale,
    guidanceStart: entry.guidanceStart,
    guidanceEnd: entry.guidanceEnd,
    numImagesPerPrompt: entry.images,
    eta: entry.eta,
    seed: entry.seed,
    seeds: entry.seeds,
    height: (entry.height ?? 32) * reference.scale,
    width: (entry.width ?? 32) * reference.scale,
  };
}

describe('a generation in f32 gives what diffusers gives', () => {
  it.each(cases as Case[])('$name', async (entry) => {
    const expected = reference.values[entry.name]!;
    const options = prepare(entry);
    const { latents } = await pipeline.generate(entry.prompt, { ...options, outputType: 'latent' });
    expect(latents.shape).toEqual(expected.latents.shape);
    expect(relativeToDeviation(latents.data, floats(expected.latents))).toBeLessThanOrEqual(5e-4);

    const { images } = await pipeline.generate(entry.prompt, { ...options, outputType: 'raw' });
    const pictures = bytes(expected.pictures);
    const each = pictures.length / images.length;
    images.forEach((image, i) => {
      expect([image.height, image.width, 3]).toEqual(expected.pictures.shape.slice(1));
      expect(psnr(image.data, pictures.subarray(i * each, (i + 1) * each))).toBeGreaterThanOrEqual(50);
    });
  });

  it('whether the networks are dynamic, as above, or static', async () => {
    const entry = (cases as Case[]).find(({ name }) => name.startsWith('DPM++ 2M, batch'))!;
    const options = prepare(entry);
    const dynamic = await pipeline.generate(entry.prompt, { ...options, outputType: 'latent' });
    await pipeline.reshape({ batchSize: 2, height: options.height!, width: options.width! });
    const fixed = await pipeline.generate(entry.prompt, { ...options, outputType: 'latent' });
    const expected = floats(reference.values[entry.name]!.latents);
    expect(relativeToDeviation(fixed.latents.data, expected)).toBeLessThanOrEqual(5e-4);
    expect(relativeToDeviation(fixed.latents.data, dynamic.latents.data)).toBeLessThanOrEqual(5e-4);
  });
});
