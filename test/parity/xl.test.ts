import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EulerDiscreteScheduler, OVStableDiffusionXLPipeline, type Scheduler } from '../../lib/index.js';
import cases from '../fixtures/reference/xl.json' with { type: 'json' };
import { psnr, relativeToDeviation } from '../support/agreement.js';

const folder = join(import.meta.dirname, '../fixtures/export/sdxl');
/** Of the comparison; all others are options of the pipeline. */
const OWN = ['name', 'scheduler', 'latents', 'images'];

interface Encoded {
  shape: number[];
  base64: string;
}
const bytes = ({ base64 }: Encoded): Buffer => Buffer.from(base64, 'base64');
const floats = (encoded: Encoded): Float32Array => new Float32Array(Uint8Array.from(bytes(encoded)).buffer);

let pipeline: OVStableDiffusionXLPipeline;
let own: Scheduler;

beforeAll(async () => {
  pipeline = await OVStableDiffusionXLPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
  own = pipeline.scheduler;
});

afterAll(async () => {
  await pipeline.dispose();
});

/** diffusers' options in camelCase. */
function optionsOf(entry: object): object {
  const options = Object.entries(entry).filter(([key]) => key !== 'prompt' && !OWN.includes(key));
  return Object.fromEntries(
    options.map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value as unknown,
    ]),
  );
}

describe('Stable Diffusion XL generates what diffusers generates, with', () => {
  it.each(cases)('$name', async (entry) => {
    pipeline.scheduler = 'scheduler' in entry ? EulerDiscreteScheduler.fromConfig(own.config) : own;
    const options = { height: 32, width: 32, numInferenceSteps: 5, ...optionsOf(entry) };
    const { latents } = await pipeline.generate(entry.prompt, { ...options, outputType: 'latent' });
    expect(latents.shape).toEqual(entry.latents.shape);
    expect(relativeToDeviation(latents.data, floats(entry.latents))).toBeLessThan(5e-4);
    const { images } = await pipeline.generate(entry.prompt, { ...options, outputType: 'raw' });
    const pixels = Buffer.concat(images.map(({ data }) => data));
    expect(psnr(pixels, bytes(entry.images))).toBeGreaterThanOrEqual(45);
  });
});
