import { describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionPipeline } from '../../../lib/pipelines/index.js';
import { SIDE } from '../../support/fake-components.js';
import { fakePipeline, isFreed, type FakePipeline } from '../../support/fake-pipeline.js';
import { isSettled, settled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const enough = new Error('enough');
const quick = { numInferenceSteps: 1, seed: 1, outputType: 'latent' } as const;
const never = () => new Promise(() => undefined);

describe('a generate behind a reshape', () => {
  it('is of the size and number that this gives', async () => {
    const { pipeline, networks } = await fakePipeline();
    const reshaping = pipeline.reshape({ height: 32, width: 24, numImagesPerPrompt: 2 });
    const { latents } = await pipeline.generate('a', quick);
    await reshaping;
    expect(latents.shape).toEqual([2, 4, 16, 12]);
    expect(networks.unet.compiledShapes).toMatchObject([{ sample: [4, 4, 16, 12] }]);
  });

  it('is accepted with strictShapes where it names no size', async () => {
    const { pipeline } = await fakePipeline({ strictShapes: true });
    void pipeline.reshape({ height: 32, width: 24 });
    expect((await pipeline.generate('a', quick)).latents.shape).toEqual([1, 4, 16, 12]);
  });

  it('is refused with strictShapes where it names another', async () => {
    const { pipeline } = await fakePipeline({ strictShapes: true });
    void pipeline.reshape({ height: 32, width: 24 });
    await expect(pipeline.generate(['a', 'b'], { ...quick, width: 32 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('width 32 instead of 24, batchSize 2 instead of 1') as string,
    });
  });

  it('is of the model’s own size where that reshape fails', async () => {
    const { pipeline, networks } = await fakePipeline();
    networks.unet.failCompilation(enough);
    const reshaping = pipeline.reshape({ height: 32, width: 24 });
    const generating = pipeline.generate('a', quick);
    await expect(reshaping).rejects.toBe(enough);
    expect((await generating).latents.shape).toEqual([1, 4, SIDE / 2, SIDE / 2]);
  });
});

describe('a prompt that is too long', () => {
  it.each([
    ['x'.repeat(100_001), {}],
    ['a', { negativePrompt: 'x'.repeat(100_001) }],
  ])('is refused at once, behind a call that goes on', async (prompt, options) => {
    const { pipeline } = await fakePipeline();
    const endless = pipeline.generate('a', { ...quick, onStep: never });
    endless.catch(() => undefined);
    await expect(pipeline.generate(prompt, { ...quick, ...options })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await isSettled(endless)).toBe(false);
    await pipeline.dispose();
  });
});

describe('calls', () => {
  it('run in their order, one after another', async () => {
    const { pipeline } = await fakePipeline();
    const log: string[] = [];
    const call = (name: string) =>
      pipeline.generate(name, {
        ...quick,
        numInferenceSteps: 2,
        onStep: async ({ step }) => {
          await settled();
          log.push(`${name}${step}`);
        },
      });
    await Promise.all([call('a'), call('b'), call('c')]);
    expect(log).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
  });

  it('that are wrong are refused at once, while others run', async () => {
    const { pipeline } = await fakePipeline();
    const controller = new AbortController();
    const running = pipeline.generate('a', { ...quick, onStep: never, signal: controller.signal });
    const ended = expect(running).rejects.toBe(enough);
    await expect(pipeline.generate(5 as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(pipeline.generate('a', { width: 17 })).rejects.toThrow('a multiple of 2 for width');
    await expect(pipeline.generate('a', { wdith: 16 } as never)).rejects.toThrow("Did you mean 'width'?");
    await expect(pipeline.generate(['a'], { negativePrompt: ['b', 'c'] })).rejects.toThrow('one a prompt');
    await expect(pipeline.generate('a', { seed: 1, seeds: [1] })).rejects.toThrow('seed and seeds');
    expect(await isSettled(running)).toBe(false);
    controller.abort(enough);
    await ended;
  });

  it('that do not fit their own batch are refused in their turn, and no network runs', async () => {
    const { pipeline, networks } = await fakePipeline();
    await expect(pipeline.generate('a', { seeds: [1, 2] })).rejects.toThrow('Expected 1 seeds');
    await expect(pipeline.generate('a', { latents: new Float32Array(3) })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
    expect(networks.text_encoder.inferences).toEqual([]);
  });
});

describe('a call inside onStep', () => {
  const within = async (call: (own: FakePipeline) => Promise<unknown>) => {
    const own = await fakePipeline();
    let inner: unknown;
    const { stopped } = await own.pipeline.generate('a', {
      ...quick,
      onStep: async () => {
        inner = await call(own).catch((error: unknown) => error);
      },
    });
    return { inner, stopped };
  };

  it.each<[string, (own: FakePipeline) => Promise<unknown>]>([
    ['generate', ({ pipeline }) => pipeline.generate('b', quick)],
    ['reshape', ({ pipeline }) => pipeline.reshape({ height: 32, width: 32 })],
    ['compile', ({ pipeline }) => pipeline.compile()],
    [
      'generate of a pipeline over the same components',
      ({ pipeline }) => OVStableDiffusionPipeline.fromPipe(pipeline).generate('b', quick),
    ],
  ])('to %s is refused as BUSY at once, and the generation goes on', async (_, call) => {
    const { inner, stopped } = await within(call);
    expect(inner).toMatchObject({ code: 'BUSY' });
    expect(stopped).toBe(false);
  });

  it('to a pipeline over other networks runs', async () => {
    const other = await fakePipeline();
    const { inner } = await within(() => other.pipeline.generate('b', quick));
    expect(inner).toMatchObject({ latents: { shape: [1, 4, SIDE / 2, SIDE / 2] } });
  });

  it('is possible again afterwards', async () => {
    const { pipeline } = await fakePipeline();
    await pipeline.generate('a', {
      ...quick,
      onStep: () => pipeline.generate('b', quick).catch(() => undefined),
    });
    expect((await pipeline.generate('a', quick)).stopped).toBe(false);
  });

  it('to dispose resolves, and the generation rejects', async () => {
    const { pipeline, networks } = await fakePipeline();
    let isDisposed = false;
    const generating = pipeline.generate('a', {
      ...quick,
      onStep: async () => {
        await pipeline.dispose();
        isDisposed = true;
      },
    });
    await expect(generating).rejects.toMatchObject({ code: 'DISPOSED' });
    await settled();
    expect(isDisposed).toBe(true);
    expect(isFreed(networks)).toBe(true);
  });
});

describe('an abort', () => {
  it.each<[string, (own: FakePipeline) => { reached: Promise<void>; release: () => void }]>([
    ['the text encoder is compiled', ({ networks }) => networks.text_encoder.holdCompilation()],
    ['a prompt is encoded', ({ networks }) => networks.text_encoder.holdInference()],
    ['the UNet is compiled', ({ networks }) => networks.unet.holdCompilation()],
    ['the UNet runs', ({ networks }) => networks.unet.holdInference()],
    ['the VAE is compiled', ({ networks }) => networks.vae_decoder.holdCompilation()],
    ['the VAE runs', ({ networks }) => networks.vae_decoder.holdInference()],
  ])('while %s ends the generation at once, and the next one works', async (_, holdIn) => {
    const own = await fakePipeline();
    const { pipeline, networks } = own;
    const hold = holdIn(own);
    const controller = new AbortController();
    const options = { ...quick, outputType: 'raw' } as const;
    const running = pipeline.generate('a', { ...options, signal: controller.signal });
    await hold.reached;
    controller.abort(enough);
    expect(await isSettled(running)).toBe(true);
    await expect(running).rejects.toBe(enough);
    hold.release();
    expect((await pipeline.generate('a', options)).images).toHaveLength(1);
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('ends the wait for its turn, and leaves the one that runs', async () => {
    const { pipeline, networks } = await fakePipeline();
    const hold = networks.unet.holdInference();
    const running = pipeline.generate('a', quick);
    const controller = new AbortController();
    const waiting = pipeline.generate('b', { ...quick, signal: controller.signal });
    await hold.reached;
    controller.abort(enough);
    await expect(waiting).rejects.toBe(enough);
    hold.release();
    expect((await running).stopped).toBe(false);
  });

  it('ends the wait for an onStep that never answers', async () => {
    const { pipeline, networks } = await fakePipeline();
    const controller = new AbortController();
    const running = pipeline.generate('a', { ...quick, signal: controller.signal, onStep: never });
    expect(await isSettled(running)).toBe(false);
    controller.abort(enough);
    await expect(running).rejects.toBe(enough);
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('before the call runs nothing', async () => {
    const { pipeline, networks } = await fakePipeline();
    const signal = AbortSignal.abort(enough);
    await expect(pipeline.generate('a', { ...quick, signal })).rejects.toBe(enough);
    expect(networks.text_encoder.compilations).toEqual([]);
  });
});

describe('a generation that fails', () => {
  it.each(['text_encoder', 'unet', 'vae_decoder'] as const)(
    'in the %s holds nothing, and the next one works',
    async (name) => {
      const { pipeline, networks } = await fakePipeline();
      networks[name].failInference(enough);
      const options = { ...quick, outputType: 'raw' } as const;
      await expect(pipeline.generate('a', options)).rejects.toBe(enough);
      expect((await pipeline.generate('a', options)).images).toHaveLength(1);
      await pipeline.dispose();
      expect(isFreed(networks)).toBe(true);
    },
  );
});
