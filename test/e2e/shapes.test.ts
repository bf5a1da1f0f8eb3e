import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { OVStableDiffusionPipeline, type PipelineOptions, type PipelineProgress } from '../../lib/index.js';

const folder = join(import.meta.dirname, '../fixtures/sd-tiny');
const quick = { numInferenceSteps: 2, seed: 1, outputType: 'latent' } as const;

async function load(options: PipelineOptions = {}): Promise<OVStableDiffusionPipeline> {
  return OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32', ...options });
}

describe('reshape', () => {
  it('compiles ahead, and tells of it', async () => {
    const told: PipelineProgress[] = [];
    await using pipeline = await load({ onProgress: (progress) => told.push(progress) });
    expect(told.every(({ phase }) => phase === 'read')).toBe(true);
    expect(await pipeline.reshape({ height: 32, width: 32 })).toBe(pipeline);
    expect(told.flatMap((progress) => (progress.phase === 'compile' ? progress.component : []))).toEqual([
      'text_encoder',
      'unet',
      'vae_decoder',
    ]);
    expect(pipeline.components.unet.has({ batch: 2, height: 16, width: 16, tokens: 77 })).toBe(true);
  });

  it('gives the size that generate then draws by default', async () => {
    await using pipeline = await load();
    await pipeline.reshape({ height: 40, width: 24, numImagesPerPrompt: 2 });
    const { images } = await pipeline.generate('a', { numInferenceSteps: 1 });
    expect(images.map(({ width, height }) => [width, height])).toEqual([
      [24, 40],
      [24, 40],
    ]);
  });

  it('again, to another size, frees the one before', async () => {
    await using pipeline = await load();
    await pipeline.reshape({ height: 32, width: 32 });
    await pipeline.reshape({ height: 24, width: 24 });
    const { unet } = pipeline.components;
    expect(unet.has({ batch: 2, height: 16, width: 16, tokens: 77 })).toBe(false);
    expect(unet.has({ batch: 2, height: 12, width: 12, tokens: 77 })).toBe(true);
    const { latents } = await pipeline.generate('a', quick);
    expect(latents.shape).toEqual([1, 4, 12, 12]);
  });

  it('holds for a pipeline made from the reshaped one', async () => {
    await using first = await load();
    await first.reshape({ height: 40, width: 24 });
    await using second = OVStableDiffusionPipeline.fromPipe(first);
    const { latents } = await second.generate('a', quick);
    expect(latents.shape).toEqual([1, 4, 20, 12]);
    expect(second.components.unet.has('dynamic')).toBe(false);
  });

  it('without guidance halves the UNet’s batch', async () => {
    await using pipeline = await load();
    await pipeline.reshape({ height: 32, width: 32, batchSize: 3, guidance: false });
    expect(pipeline.components.unet.has({ batch: 3, height: 16, width: 16, tokens: 77 })).toBe(true);
  });
});

describe('another size than the reshaped one', () => {
  it('is compiled, kept, and dropped when others were used since', async () => {
    await using pipeline = await load({ maxCompiledShapes: 2 });
    await pipeline.reshape({ height: 32, width: 32 });
    const { unet } = pipeline.components;
    const shape = (size: number) => ({ batch: 2, height: size / 2, width: size / 2, tokens: 77 });
    await pipeline.generate('a', { ...quick, height: 24, width: 24 });
    expect([32, 24].map((size) => unet.has(shape(size)))).toEqual([true, true]);
    await pipeline.generate('a', { ...quick, height: 16, width: 16 });
    expect([32, 24, 16].map((size) => unet.has(shape(size)))).toEqual([false, true, true]);
    const { latents } = await pipeline.generate('a', quick);
    expect(latents.shape).toEqual([1, 4, 16, 16]);
  });

  it('is refused with strictShapes, and says how it differs', async () => {
    await using pipeline = await load({ strictShapes: true });
    await pipeline.reshape({ height: 32, width: 32 });
    await expect(pipeline.generate('a', { ...quick, width: 24, guidanceScale: 1 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('width 24 instead of 32, guidance false instead of true') as string,
    });
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });
});

describe('a pipeline never reshaped', () => {
  it('draws every size with one dynamic network', async () => {
    await using pipeline = await load({ maxCompiledShapes: 1 });
    await pipeline.compile();
    for (const [height, width] of [
      [32, 32],
      [24, 40],
    ] as const) {
      const { latents } = await pipeline.generate('a', { ...quick, height, width });
      expect(latents.shape).toEqual([1, 4, height / 2, width / 2]);
    }
    expect(pipeline.components.unet.has('dynamic')).toBe(true);
  });
});
