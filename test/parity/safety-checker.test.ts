import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { InferenceContext } from '../../lib/components/index.js';
import { OVStableDiffusionImg2ImgPipeline, OVStableDiffusionPipeline } from '../../lib/index.js';
import { checkImages } from '../../lib/pipelines/check-images.js';
import reference from '../fixtures/reference/safety_checker.json' with { type: 'json' };
import { sourceImage } from '../support/image-inputs.js';
import { writeModelWithSafetyChecker } from '../support/safety-checker-model.js';

const CHANGE: Record<string, (level: number) => number> = {
  k: (level) => level,
  i: (level) => 255 - level,
  h: (level) => level >> 1,
  d: () => 0,
};
const options = { height: 32, width: 32, numInferenceSteps: 5, outputType: 'raw' } as const;
let work: string;
let pipeline: OVStableDiffusionPipeline;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'safety-checker-'));
  await writeModelWithSafetyChecker(join(work, 'model'));
  pipeline = await OVStableDiffusionPipeline.fromPretrained(join(work, 'model'));
});

afterAll(async () => {
  await pipeline.dispose();
  await rm(work, { recursive: true });
});

/** The 20 images with which diffusers was asked, and what it answered. */
async function expectVerdicts({ safetyChecker }: OVStableDiffusionPipeline['components']): Promise<void> {
  const images = reference.verdicts.map(({ size: [width = 0, height = 0], change }) => {
    const data = sourceImage(width, height, 3).data.map((level, i) => CHANGE[change[i % 3]!]!(level));
    return { width, height, channels: 3 as const, data: new Uint8Array(data) };
  });
  const before = images.map(({ data }) => data.slice());
  const flags = await checkImages(images, safetyChecker!, new InferenceContext());
  expect(flags).toEqual(reference.verdicts.map(({ flagged }) => flagged));
  for (const [i, { data }] of images.entries()) {
    expect(data).toEqual(flags[i] ? new Uint8Array(data.length) : before[i]);
  }
}

describe('the safety checker', () => {
  it('says of 20 images what diffusers’ says, and blackens those that it flags', async () => {
    await expectVerdicts(pipeline.components);
  });

  it('says it of a model that was saved, as a network or as the weights that optimum-intel keeps', async () => {
    const saved = join(work, 'saved');
    await pipeline.savePretrained(saved);
    {
      await using loaded = await OVStableDiffusionPipeline.fromPretrained(saved);
      await expectVerdicts(loaded.components);
    }
    const own = join(saved, 'safety_checker');
    for (const name of await readdir(own)) {
      if (name.startsWith('openvino_model')) await rm(join(own, name));
    }
    await using loaded = await OVStableDiffusionPipeline.fromPretrained(saved);
    await expectVerdicts(loaded.components);
  });

  it('is asked in image-to-image too', async () => {
    const fromImage = OVStableDiffusionImg2ImgPipeline.fromPipe(pipeline);
    const { nsfwContentDetected } = await fromImage.generate('a red circle', {
      outputType: 'raw',
      image: sourceImage(32, 32, 3),
      numInferenceSteps: 10,
      seed: 1,
    });
    expect(nsfwContentDetected).toHaveLength(1);
    await fromImage.dispose();
  });

  it('is not asked about latents', async () => {
    const request = { ...options, outputType: 'latent' } as const;
    const { nsfwContentDetected } = await pipeline.generate('a', request);
    expect(nsfwContentDetected).toBeUndefined();
  });

  it('is not there with safetyChecker: null, which is one warning', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await using loaded = await OVStableDiffusionPipeline.fromPretrained(join(work, 'model'), {
      safetyChecker: null,
    });
    const first = await loaded.generate('a', options);
    const second = await loaded.generate('a', options);
    expect([first, second].map(({ nsfwContentDetected }) => nsfwContentDetected)).toEqual([
      undefined,
      undefined,
    ]);
    expect(warning.mock.calls.map(([, options]) => options)).toMatchObject([
      { code: 'SAFETY_CHECKER_DISABLED' },
    ]);
    warning.mockRestore();
  });
});
