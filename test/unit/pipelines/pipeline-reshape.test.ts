import { describe, expect, it, vi } from 'vitest';

import type { CompileProgress } from '../../../lib/pipelines/index.js';
import { SIDE } from '../../support/fake-components.js';
import { fakePipeline, isFreed } from '../../support/fake-pipeline.js';
import { isSettled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const enough = new Error('enough');
const size = { height: SIDE, width: SIDE };
const quick = { numInferenceSteps: 1, seed: 1, outputType: 'latent' } as const;
const LATENT_SIDE = SIDE / 2;

describe('reshape', () => {
  it('compiles each network for the shape, in order, and reports each', async () => {
    const events: CompileProgress[] = [];
    const ownEvents: CompileProgress[] = [];
    const { pipeline, networks } = await fakePipeline({ onProgress: (event) => events.push(event) });
    const result = await pipeline.reshape({
      ...size,
      batchSize: 2,
      numImagesPerPrompt: 3,
      onProgress: (event) => ownEvents.push(event),
    });
    expect(result).toBe(pipeline);
    expect(networks.text_encoder.compiledShapes).toEqual([{ input_ids: [1, 77] }]);
    expect(networks.unet.compiledShapes).toMatchObject([{ sample: [12, 4, LATENT_SIDE, LATENT_SIDE] }]);
    expect(networks.vae_decoder.compiledShapes).toEqual([
      { latent_sample: [1, 4, LATENT_SIDE, LATENT_SIDE] },
    ]);
    expect(events.map(({ phase, component, done, total }) => [phase, component, done, total])).toEqual([
      ['compile', 'text_encoder', 1, 3],
      ['compile', 'unet', 2, 3],
      ['compile', 'vae_decoder', 3, 3],
    ]);
    expect(ownEvents).toEqual(events);
  });

  it('without guidance needs half the UNet’s batch', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape({ ...size, guidance: false });
    expect(networks.unet.compiledShapes).toMatchObject([{ sample: [1, 4, LATENT_SIDE, LATENT_SIDE] }]);
  });

  it('to another shape frees the one before, before it compiles', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape(size);
    const hold = networks.unet.holdCompilation();
    const reshaping = pipeline.reshape({ height: 32, width: 32 });
    await hold.reached;
    expect(networks.unet.alive.compiledModels).toBe(0);
    hold.release();
    await reshaping;
    expect(networks.unet.alive.compiledModels).toBe(1);
    expect(networks.text_encoder.compilations).toHaveLength(1);
  });

  it('again to the same shape compiles nothing', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape(size);
    await pipeline.reshape(size);
    expect(networks.unet.compilations).toHaveLength(1);
  });

  it('is refused at once for a size between two latents', async () => {
    const { pipeline, networks } = await fakePipeline();
    await expect(pipeline.reshape({ height: SIDE, width: SIDE + 1 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Expected a multiple of 2 for width but received 17 of type number',
    });
    expect(networks.text_encoder.compilations).toEqual([]);
  });

  it('that fails leaves the pipeline as it was', async () => {
    const { pipeline, networks } = await fakePipeline({ strictShapes: true });
    await pipeline.reshape(size);
    networks.unet.failCompilation(enough);
    await expect(pipeline.reshape({ height: 32, width: 32 })).rejects.toBe(enough);
    await expect(pipeline.generate('a', { ...quick, height: 32, width: 32 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
    expect((await pipeline.generate('a', quick)).latents.shape).toEqual([1, 4, LATENT_SIDE, LATENT_SIDE]);
  });
});

describe('compile', () => {
  it('before reshape is for every size', async () => {
    const { pipeline, networks } = await fakePipeline();
    const events: string[] = [];
    await pipeline.compile({ onProgress: ({ component }) => events.push(component) });
    expect(events).toEqual(['text_encoder', 'unet', 'vae_decoder']);
    expect(networks.unet.compiledShapes).toMatchObject([{ sample: [-1, 4, -1, -1] }]);
    await pipeline.generate('a', { ...quick, height: 8, width: 24 });
    expect(networks.unet.compilations).toHaveLength(1);
  });

  it('behind a reshape is for the shape of that', async () => {
    const { pipeline, networks } = await fakePipeline();
    await Promise.all([pipeline.reshape(size), pipeline.compile()]);
    expect(networks.unet.compilations).toHaveLength(1);
  });
});

describe('an abort of a compilation', () => {
  it('ends the wait at once and starts no further one; what was begun serves the next call', async () => {
    const { pipeline, networks } = await fakePipeline();
    const controller = new AbortController();
    const hold = networks.unet.holdCompilation();
    const reshaping = pipeline.reshape({ ...size, signal: controller.signal });
    await hold.reached;
    controller.abort(enough);
    await expect(reshaping).rejects.toBe(enough);
    expect(networks.vae_decoder.compilations).toEqual([]);
    hold.release();
    await pipeline.reshape(size);
    expect(networks.unet.compilations).toHaveLength(1);
  });

  it('between two networks ends it', async () => {
    const { pipeline, networks } = await fakePipeline();
    const controller = new AbortController();
    const compiling = pipeline.compile({
      signal: controller.signal,
      onProgress: () => {
        controller.abort(enough);
      },
    });
    await expect(compiling).rejects.toBe(enough);
    expect(networks.unet.compilations).toEqual([]);
  });

  it('ends it at once while it waits for what an earlier one still compiles', async () => {
    const { pipeline, networks } = await fakePipeline();
    const [first, second] = [new AbortController(), new AbortController()];
    const hold = networks.unet.holdCompilation();
    const abandoned = pipeline.reshape({ ...size, signal: first.signal });
    await hold.reached;
    first.abort(enough);
    await expect(abandoned).rejects.toBe(enough);
    const waiting = pipeline.reshape({ height: 32, width: 32, signal: second.signal });
    expect(await isSettled(waiting)).toBe(false);
    second.abort(enough);
    expect(await isSettled(waiting)).toBe(true);
    await expect(waiting).rejects.toBe(enough);
    hold.release();
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });
});
