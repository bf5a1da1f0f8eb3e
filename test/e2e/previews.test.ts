import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  EulerDiscreteScheduler,
  OVStableDiffusionPipeline,
  OVStableDiffusionXLPipeline,
  type GeneratedImage,
  type StepInfo,
} from '../../lib/index.js';
import { psnr } from '../support/agreement.js';

const fixtures = join(import.meta.dirname, '../fixtures/export');
const tiny = join(fixtures, 'tiny-vae');
const f32 = { inferencePrecision: 'f32', scheduler: EulerDiscreteScheduler } as const;
const quick = { width: 16, height: 24, seed: 1 };

let work: string;
let plain: OVStableDiffusionPipeline;
let pipeline: OVStableDiffusionPipeline;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'previews-'));
  plain = await OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), f32);
  pipeline = await OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), { ...f32, tinyVae: tiny });
});

afterAll(async () => {
  await plain.dispose();
  await pipeline.dispose();
  await rm(work, { recursive: true });
});

/** The previews of each step. */
async function previewsOf(of: OVStableDiffusionPipeline, steps = 3): Promise<GeneratedImage[]> {
  const previews: GeneratedImage[] = [];
  await of.generate('a', {
    ...quick,
    numInferenceSteps: steps,
    onStep: async ({ preview }) => {
      previews.push(await preview());
    },
  });
  return previews;
}

describe('a preview', () => {
  it('is decoded by the tiny VAE, in the image’s size', async () => {
    const previews = await previewsOf(pipeline);
    expect(previews.map(({ width, height }) => [width, height])).toEqual(Array(3).fill([16, 24]));
    await using replaced = await OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), {
      ...f32,
      vae: tiny,
    });
    const { images } = await replaced.generate('a', { ...quick, numInferenceSteps: 3 });
    expect(psnr(previews.at(-1)!.data, images[0]!.data)).toBeGreaterThan(60);
  });

  it('leaves the image as it is', async () => {
    const options = { ...quick, numInferenceSteps: 3 };
    const { images } = await plain.generate('a', options);
    const previewed = await pipeline.generate('a', {
      ...options,
      onStep: async ({ preview }) => {
        await preview();
      },
    });
    expect(previewed.images[0]!.data).toEqual(images[0]!.data);
    const reshaped = await pipeline.reshape({ width: 16, height: 24 });
    expect((await previewsOf(reshaped)).length).toBe(3);
  });

  it('is an approximation without one, in the image’s size', async () => {
    const previews = await previewsOf(plain);
    expect(previews.map(({ width, height }) => [width, height])).toEqual(Array(3).fill([16, 24]));
    const [first] = previews;
    // A latent is a square of two pixels.
    expect(first!.data.subarray(0, 3)).toEqual(first!.data.subarray(3, 6));
  });

  it('is of the tiny VAE that is a model’s own', async () => {
    await using replaced = await OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), {
      ...f32,
      vae: tiny,
    });
    const previews = await previewsOf(replaced);
    const { images } = await replaced.generate('a', { ...quick, numInferenceSteps: 3 });
    expect(psnr(previews.at(-1)!.data, images[0]!.data)).toBeGreaterThan(60);
  });

  it('shows what the scheduler predicts, not the noise', async () => {
    let info: StepInfo | undefined;
    await plain.generate('a', {
      ...quick,
      numInferenceSteps: 10,
      onStep: (step) => {
        info ??= step;
      },
    });
    expect(info!.predOriginalSample).toHaveLength(info!.latents.length);
    expect(info!.predOriginalSample).not.toEqual(info!.latents);
  });

  it('is of any image of the batch', async () => {
    const previews: GeneratedImage[] = [];
    const { images } = await pipeline.generate(['a', 'b'], {
      ...quick,
      numInferenceSteps: 1,
      onStep: async ({ preview }) => {
        previews.push(await preview(0), await preview(1));
        await expect(preview(2)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        await expect(preview(0.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      },
    });
    expect(images).toHaveLength(2);
    expect(previews[0]!.data).not.toEqual(previews[1]!.data);
  });

  it('need not be awaited, and several may be made at once', async () => {
    const previews: Promise<GeneratedImage>[] = [];
    await pipeline.generate('a', {
      ...quick,
      numInferenceSteps: 2,
      onStep: ({ preview }) => {
        previews.push(preview(), preview());
      },
    });
    expect((await Promise.all(previews)).map(({ width }) => width)).toEqual([16, 16, 16, 16]);
  });

  it('is refused after its step, and the pipeline is usable', async () => {
    const kept: StepInfo['preview'][] = [];
    await plain.generate('a', {
      ...quick,
      numInferenceSteps: 2,
      onStep: ({ preview }) => void kept.push(preview),
    });
    await expect(kept[0]!()).rejects.toMatchObject({ name: 'InferenceError', code: 'CANCELLED' });
    await expect(previewsOf(plain)).resolves.toHaveLength(3);
  });

  it('ends with the generation that is aborted', async () => {
    const controller = new AbortController();
    let preview: Promise<unknown> | undefined;
    const generating = pipeline.generate('a', {
      ...quick,
      numInferenceSteps: 2,
      signal: controller.signal,
      onStep: async (info) => {
        preview = info.preview().catch((error: unknown) => error);
        controller.abort(new Error('enough'));
        await preview;
      },
    });
    await expect(generating).rejects.toThrow('enough');
    await preview;
    await expect(previewsOf(pipeline)).resolves.toHaveLength(3);
  });

  it('is there for Stable Diffusion XL too', async () => {
    await using xl = await OVStableDiffusionXLPipeline.fromPretrained(join(fixtures, 'sdxl'), {
      tinyVae: tiny,
    });
    let width = 0;
    await xl.generate('a', {
      ...quick,
      numInferenceSteps: 1,
      onStep: async ({ preview }) => {
        ({ width } = await preview());
      },
    });
    expect(width).toBe(16);
  });
});

describe('the tiny VAE of previews', () => {
  it('is not saved', async () => {
    const saved = join(work, 'saved');
    await pipeline.savePretrained(saved);
    expect((await readdir(saved)).filter((name) => name.includes('vae')).sort()).toEqual([
      'vae_decoder',
      'vae_encoder',
    ]);
    await using again = await OVStableDiffusionPipeline.fromPretrained(saved, f32);
    expect(again.components.vaeDecoder.isTiny).toBe(false);
  });

  it.each<[string, string, string]>([
    ['a folder without a VAE', join(fixtures, 'lcm/tokenizer'), 'MODEL_NOT_FOUND'],
    ['a path that is not there', './not-there', 'MODEL_NOT_FOUND'],
  ])('is refused as %s', async (_, tinyVae, code) => {
    const options = { tinyVae, localFilesOnly: true };
    await expect(
      OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), options),
    ).rejects.toMatchObject({
      code,
    });
  });

  it.each([7, '', null])('is refused as %j', async (tinyVae) => {
    const options = { tinyVae: tinyVae as never };
    await expect(
      OVStableDiffusionPipeline.fromPretrained(join(fixtures, 'sd1'), options),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
