import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  DDIMScheduler,
  GeneratedImage,
  OVStableDiffusionPipeline,
  TorchGenerator,
  type StepInfo,
} from '../../lib/index.js';

const folder = join(import.meta.dirname, '../fixtures/sd-tiny');
const quick = { numInferenceSteps: 3, seed: 1, outputType: 'latent' } as const;
let pipeline: OVStableDiffusionPipeline;

beforeAll(async () => {
  pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
});

afterAll(async () => {
  await pipeline.dispose();
});

describe('pictures', () => {
  it('come with their size, pixels, seed and parameters', async () => {
    const { images, seeds, timings } = await pipeline.generate('a red circle', {
      numInferenceSteps: 2,
      seed: 42,
    });
    const [image] = images;
    expect(image).toBeInstanceOf(GeneratedImage);
    expect(image).toMatchObject({ width: 32, height: 32, channels: 3, seed: 42 });
    expect(image!.data.length).toBe(32 * 32 * 3);
    expect(image!.parameters).toMatchObject({
      prompt: 'a red circle',
      numInferenceSteps: 2,
      guidanceScale: 7.5,
      scheduler: 'PNDMScheduler',
      seed: 42,
      model: 'sd-tiny',
    });
    expect(seeds).toEqual([42]);
    expect(timings.inferenceSeconds).toBeGreaterThan(0);
    expect(timings.totalSeconds).toBeGreaterThanOrEqual(timings.inferenceSeconds);
  });

  it('are the same for the same seed and others for another', async () => {
    const draw = async (seed: number) => (await pipeline.generate('a', { ...quick, seed })).latents.data;
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(2)).not.toEqual(await draw(1));
  });

  it('get random seeds when none is given, and can be made again from them', async () => {
    const options = { numInferenceSteps: 3, numImagesPerPrompt: 2, outputType: 'raw' } as const;
    const first = await pipeline.generate('a star', options);
    expect(new Set(first.seeds).size).toBe(2);
    const again = await pipeline.generate('a star', {
      ...options,
      numImagesPerPrompt: 1,
      seeds: [first.seeds[1]!],
    });
    expect(Buffer.from(again.images[0]!.data).equals(first.images[1]!.data)).toBe(true);
  });

  it('come from a generator or from latents alike', async () => {
    const seeded = await pipeline.generate('a', quick);
    const rest = { numInferenceSteps: 3, outputType: 'latent' } as const;
    const drawn = await pipeline.generate('a', { ...rest, generator: new TorchGenerator(1) });
    const given = await pipeline.generate('a', {
      ...rest,
      latents: new TorchGenerator(1).randn([1, 4, 16, 16]),
    });
    expect(drawn.latents.data).toEqual(seeded.latents.data);
    expect(given.latents.data).toEqual(seeded.latents.data);
    expect(given.seeds).toEqual([undefined]);
  });

  it('of several prompts come in their order, each prompt’s together', async () => {
    const both = await pipeline.generate(['a red circle', 'a blue star'], {
      ...quick,
      seed: undefined,
      seeds: [1, 2],
    });
    const alone = await pipeline.generate('a blue star', { ...quick, seed: 2 });
    const half = both.latents.data.length / 2;
    both.latents.data.slice(half).forEach((value, i) => {
      expect(value).toBeCloseTo(alone.latents.data[i]!, 3);
    });
  });

  it('follow the prompt, the negative prompt and the guidance', async () => {
    const draw = async (prompt: string, options: object) =>
      (await pipeline.generate(prompt, { ...quick, ...options })).latents.data;
    const base = await draw('a red circle', {});
    expect(await draw('a blue star', {})).not.toEqual(base);
    expect(await draw('a red circle', { negativePrompt: 'blue' })).not.toEqual(base);
    expect(await draw('a red circle', { guidanceScale: 3 })).not.toEqual(base);
  });
});

describe('steps', () => {
  it('are told one by one, with latents to keep', async () => {
    const told: StepInfo[] = [];
    const result = await pipeline.generate('a', { ...quick, onStep: (info) => void told.push(info) });
    const steps = told.length;
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(told.every((info) => info.steps === steps && info.secondsPerStep > 0)).toBe(true);
    expect(told.at(-1)!.latents).toEqual(result.latents.data);
    expect(told[0]!.latents).not.toEqual(told[1]!.latents);
  });

  it('wait for what onStep promises', async () => {
    let open = 0;
    await pipeline.generate('a', {
      ...quick,
      onStep: async () => {
        open++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(--open).toBe(0);
      },
    });
  });

  it('end early when onStep says stop, with a picture of what there is', async () => {
    let latents: Float32Array | undefined;
    const result = await pipeline.generate('a', {
      ...quick,
      onStep: (info) => {
        ({ latents } = info);
        return info.step === 2 ? 'stop' : undefined;
      },
    });
    expect(result.stopped).toBe(true);
    expect(result.latents.data).toEqual(latents);
  });

  it('hand on what onStep throws', async () => {
    const oops = new Error('oops');
    const failing = pipeline.generate('a', {
      ...quick,
      onStep: () => {
        throw oops;
      },
    });
    await expect(failing).rejects.toBe(oops);
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });
});

describe('an abort', () => {
  it('before the start rejects with its reason', async () => {
    const reason = new Error('not now');
    await expect(pipeline.generate('a', { ...quick, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it('between steps ends the generation within one, and leaves the pipeline usable', async () => {
    const expected = await pipeline.generate('a', quick);
    const abort = new AbortController();
    let last = 0;
    const running = pipeline.generate('a', {
      ...quick,
      numInferenceSteps: 50,
      signal: abort.signal,
      onStep: ({ step }) => {
        last = step;
        if (step === 2) abort.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(last).toBe(2);
    expect((await pipeline.generate('a', quick)).latents.data).toEqual(expected.latents.data);
  });

  it('takes a waiting call out of the queue, and no other', async () => {
    const abort = new AbortController();
    const first = pipeline.generate('a', quick);
    const second = pipeline.generate('b', { ...quick, signal: abort.signal });
    const third = pipeline.generate('c', quick);
    abort.abort();
    await expect(second).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect(first).resolves.toBeDefined();
    await expect(third).resolves.toBeDefined();
  });

  it('leaves no listener behind on the signal', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await pipeline.generate('a', { ...quick, signal });
    expect(added).toHaveBeenCalled();
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      expect.arrayContaining(added.mock.calls.map(([, listener]) => listener)) as unknown[],
    );
  });
});

describe('calls at once', () => {
  it('run in their order and each give the right picture', async () => {
    const seeds = [1, 2, 3, 4];
    const alone: Float32Array[] = [];
    for (const seed of seeds) alone.push((await pipeline.generate('a', { ...quick, seed })).latents.data);
    const order: number[] = [];
    const together = await Promise.all(
      seeds.map(async (seed) => {
        const { latents } = await pipeline.generate('a', { ...quick, seed });
        order.push(seed);
        return latents.data;
      }),
    );
    expect(together).toEqual(alone);
    expect(order).toEqual(seeds);
  });

  it('each keep the scheduler they were called with', async () => {
    const original = pipeline.scheduler;
    const ddim = DDIMScheduler.fromConfig(original.config);
    const expected = await pipeline.generate('a', quick);
    const first = pipeline.generate('a', quick);
    pipeline.scheduler = ddim;
    const second = pipeline.generate('a', quick);
    pipeline.scheduler = original;
    expect((await first).latents.data).toEqual(expected.latents.data);
    expect((await second).latents.data).not.toEqual(expected.latents.data);
  });
});
