import { describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionPipeline } from '../../../lib/pipelines/index.js';
import { DDIMScheduler, EulerDiscreteScheduler } from '../../../lib/schedulers/index.js';
import { fakeComponents, fakeNetworks, SIDE } from '../../support/fake-components.js';
import { fakePipeline, isFreed } from '../../support/fake-pipeline.js';
import { isSettled, settled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { height: SIDE, width: SIDE };
const quick = { numInferenceSteps: 1, seed: 1, outputType: 'latent' } as const;
const LATENT_SIDE = SIDE / 2;

describe('the precision of a pipeline', () => {
  it('is unknown before anything is compiled, then what the device chose for the UNet', async () => {
    const networks = fakeNetworks();
    networks.unet.precision = (asked) => (asked === 'f16' ? 'bf16' : 'f32');
    const { pipeline } = await fakePipeline({
      networks,
      settings: { properties: { INFERENCE_PRECISION_HINT: 'f16' } },
    });
    expect(pipeline.inferencePrecision).toBeUndefined();
    await pipeline.compile();
    expect(pipeline.inferencePrecision).toBe('bf16');
  });

  it('is that of another network where the UNet is not compiled', async () => {
    const { pipeline, components } = await fakePipeline();
    await components.vaeDecoder.compile('dynamic');
    expect(pipeline.inferencePrecision).toBe('f32');
  });
});

describe('a scheduler', () => {
  it('may be replaced by another', async () => {
    const { pipeline } = await fakePipeline();
    const scheduler = new EulerDiscreteScheduler();
    pipeline.scheduler = scheduler;
    expect(pipeline.scheduler).toBe(scheduler);
  });

  it.each([undefined, null, {}, 'ddim', DDIMScheduler])('is refused where it is none: %o', async (value) => {
    const { pipeline, components } = await fakePipeline();
    const refusal = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('a Scheduler for scheduler') as string,
    }) as Error;
    const { scheduler } = pipeline;
    expect(() => {
      pipeline.scheduler = value as never;
    }).toThrow(refusal);
    expect(pipeline.scheduler).toBe(scheduler);
    expect(() => new OVStableDiffusionPipeline(components, value as never)).toThrow(refusal);
    expect(components.unet.holders).toBe(1);
  });
});

describe('what a pipeline is constructed with', () => {
  it.each([
    [{ strictShapes: 'yes' }, 'INVALID_ARGUMENT', 'a boolean for strictShapes'],
    [{ onProgress: 5 }, 'INVALID_ARGUMENT', 'a function for onProgress'],
    [{ strictShape: true }, 'UNKNOWN_OPTION', "Did you mean 'strictShapes'?"],
    [null, 'INVALID_ARGUMENT', 'an object'],
  ])('is checked: %j', async (init, code, message) => {
    const components = await fakeComponents();
    expect(() => new OVStableDiffusionPipeline(components, new DDIMScheduler(), init as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
    expect(components.unet.holders).toBe(0);
  });
});

describe('fromPipe', () => {
  it('shares components, scheduler and what the first was constructed with', async () => {
    const events: string[] = [];
    const { pipeline, networks } = await fakePipeline({
      strictShapes: true,
      onProgress: ({ component }) => events.push(component),
    });
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    expect(second).toBeInstanceOf(OVStableDiffusionPipeline);
    expect(second).not.toBe(pipeline);
    expect(second.components.unet).toBe(pipeline.components.unet);
    expect(second.scheduler.className).toBe(pipeline.scheduler.className);
    expect(networks.unet.alive.models).toBe(1);
    await second.reshape(size);
    expect(events).toEqual(['text_encoder', 'unet', 'vae_decoder']);
    await expect(second.generate('a', { ...quick, height: 8 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });

  it('starts with the shape that the first was reshaped to, and then has its own', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape({ height: 32, width: 32 });
    const second = OVStableDiffusionPipeline.fromPipe(pipeline, {});
    expect((await second.generate('a', quick)).latents.shape).toEqual([1, 4, 16, 16]);
    expect(networks.unet.compilations).toHaveLength(1);
    await second.reshape({ height: 8, width: 8 });
    expect((await second.generate('a', quick)).latents.shape).toEqual([1, 4, 4, 4]);
    expect((await pipeline.generate('a', quick)).latents.shape).toEqual([1, 4, 16, 16]);
  });

  it('leaves the other’s compiled shapes when it is reshaped', async () => {
    const { pipeline, components } = await fakePipeline();
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    await pipeline.reshape(size);
    await second.reshape({ height: 32, width: 32 });
    const shape = { batch: 2, tokens: 77 };
    expect(components.unet.has({ ...shape, height: LATENT_SIDE, width: LATENT_SIDE })).toBe(true);
    expect(components.unet.has({ ...shape, height: 16, width: 16 })).toBe(true);
    await pipeline.dispose();
    await second.reshape({ height: 8, width: 8 });
    expect(components.unet.has({ ...shape, height: 16, width: 16 })).toBe(false);
  });

  it('waits for its turn at the networks', async () => {
    const { pipeline, networks } = await fakePipeline();
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    const hold = networks.unet.holdInference();
    const first = pipeline.generate('a', quick);
    await hold.reached;
    const waiting = second.generate('b', quick);
    await settled();
    expect(networks.text_encoder.inferences).toHaveLength(2);
    hold.release();
    await Promise.all([first, waiting]);
  });

  it('goes on after the other is disposed; the last disposed frees all', async () => {
    const { pipeline, networks } = await fakePipeline();
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    await pipeline.dispose();
    expect((await second.generate('a', quick)).latents.shape).toEqual([1, 4, LATENT_SIDE, LATENT_SIDE]);
    expect(networks.unet.alive.models).toBe(1);
    await second.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('is refused over a disposed pipeline, and over what is none', async () => {
    const { pipeline } = await fakePipeline();
    await pipeline.dispose();
    expect(() => OVStableDiffusionPipeline.fromPipe(pipeline)).toThrow(
      expect.objectContaining({ code: 'DISPOSED' }),
    );
    for (const value of [undefined, null, {}, { components: pipeline.components }]) {
      expect(() => OVStableDiffusionPipeline.fromPipe(value as never)).toThrow('a pipeline for pipeline');
    }
  });
});

describe('dispose', () => {
  it('frees every network, also with `await using`', async () => {
    const { pipeline, networks } = await fakePipeline();
    {
      await using scoped = pipeline;
      await scoped.generate('a', quick);
      expect(networks.unet.isFreed).toBe(false);
    }
    expect(isFreed(networks)).toBe(true);
  });

  it('ends what runs and what waits, and frees all only then', async () => {
    const { pipeline, networks } = await fakePipeline();
    const hold = networks.unet.holdInference();
    const running = pipeline.generate('a', quick);
    await hold.reached;
    const waiting = pipeline.generate('b', quick);
    const refused = [running, waiting].map((call) =>
      expect(call).rejects.toMatchObject({ code: 'DISPOSED', message: /^The pipeline was disposed/ }),
    );
    await pipeline.dispose();
    await Promise.all(refused);
    expect(networks.unet.cancelled).toBe(1);
    expect(isFreed(networks)).toBe(true);
  });

  it('ends a reshape at once, and waits for the compilation that it began', async () => {
    const { pipeline, networks } = await fakePipeline();
    const hold = networks.unet.holdCompilation();
    const reshaping = pipeline.reshape(size);
    await hold.reached;
    const disposal = pipeline.dispose();
    await expect(reshaping).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(await isSettled(disposal)).toBe(false);
    hold.release();
    await disposal;
    expect(isFreed(networks)).toBe(true);
  });

  it('refuses every later call', async () => {
    const { pipeline } = await fakePipeline();
    await pipeline.dispose();
    const calls = [
      pipeline.generate('a', quick),
      pipeline.reshape(size),
      pipeline.compile(),
      pipeline.savePretrained('/nowhere'),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('twice, also at once, is once', async () => {
    const { pipeline, networks, components } = await fakePipeline();
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    await Promise.all([pipeline.dispose(), pipeline.dispose()]);
    await pipeline.dispose();
    expect(components.unet.holders).toBe(1);
    expect(networks.unet.alive.models).toBe(1);
    await second.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('of a pipeline leaves components that another holds usable on their own', async () => {
    const { pipeline, components } = await fakePipeline();
    components.textEncoder.retain();
    await pipeline.dispose();
    await components.textEncoder.compile(5);
    await expect(components.unet.compile('dynamic')).rejects.toMatchObject({ code: 'DISPOSED' });
    await components.textEncoder.release();
  });
});
