import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OVStableDiffusionPipeline, type GenerateOptions } from '../../lib/pipelines/index.js';
import reference from '../fixtures/reference/odd-folders.json' with { type: 'json' };
import { psnr, relativeToDeviation } from '../support/agreement.js';
import { makeOddFolder, oddFolders, type OddFolder } from '../support/odd-folders.js';

interface Samples {
  /** Rows and columns. */
  size: number[];
  /** Of which every so many are there. */
  every: number;
  samples: string;
}

const source = join(import.meta.dirname, '../fixtures/export/sd1');
const values = reference.values as Record<string, { latents?: Samples; image: Samples }>;
const bytes = ({ samples }: Samples): Uint8Array => Uint8Array.from(Buffer.from(samples, 'base64'));

/** Every so many rows and columns of planes, whose values may stand side by side. */
function sampled(
  all: Float32Array | Uint8Array,
  { size: [height = 0, width = 0], every }: Samples,
  { planes = 1, channels = 1 },
): number[] {
  const kept: number[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height; y += every) {
      for (let x = 0; x < width; x += every) {
        const at = ((plane * height + y) * width + x) * channels;
        kept.push(...all.subarray(at, at + channels));
      }
    }
  }
  return kept;
}

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'odd-folders-'));
});
afterAll(() => rm(work, { recursive: true }));

async function load(of: OddFolder): Promise<OVStableDiffusionPipeline> {
  const folder = join(work, String(oddFolders.indexOf(of)));
  await makeOddFolder(source, folder, of);
  return OVStableDiffusionPipeline.fromPretrained(folder, {
    inferencePrecision: 'f32',
    variant: of.variant,
  });
}

describe('an old or odd folder gives what diffusers gives', () => {
  it.each(oddFolders.map((of) => [of.name, of] as const))('%s', async (name, of) => {
    const expected = values[name]!;
    await using pipeline = await load(of);
    const options: GenerateOptions = {
      ...reference.options,
      ...(of.hasDefaultSize === true ? reference.ofDefaultSize : reference.ofGivenSize),
    };
    const prompt = of.prompt ?? reference.prompt;
    const { images } = await pipeline.generate(prompt, { ...options, outputType: 'raw' });
    const image = images[0]!;
    expect([image.height, image.width]).toEqual(expected.image.size);
    const pixels = Uint8Array.from(sampled(image.data, expected.image, { channels: 3 }));
    expect(psnr(pixels, bytes(expected.image))).toBeGreaterThanOrEqual(50);

    expect(expected.latents === undefined).toBe(of.hasDefaultSize === true);
    if (!expected.latents) return;
    const { latents } = await pipeline.generate(prompt, { ...options, outputType: 'latent' });
    expect(latents.shape).toEqual([1, 4, ...expected.latents.size]);
    const got = Float32Array.from(sampled(latents.data, expected.latents, { planes: 4 }));
    const wanted = new Float32Array(bytes(expected.latents).buffer);
    expect(got.length).toBe(wanted.length);
    expect(relativeToDeviation(got, wanted)).toBeLessThanOrEqual(5e-4);
  });
});
