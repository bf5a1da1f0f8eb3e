import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { denoise, type DenoiseOptions, type StepInfo } from '../../../lib/denoising/index.js';
import type { Scheduler, StepOptions } from '../../../lib/schedulers/index.js';
import { isSettled } from '../../support/hold.js';

/** Milliseconds that performance.now() gives; only tests move it. */
let now: number;
const enough = new Error('enough');

beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Scales by a half and steps to the sample minus the prediction. */
function scheduler(timesteps = [30, 20, 10]) {
  const step = vi.fn((prediction: Float32Array, _: number, sample: Float32Array, __: StepOptions) => ({
    prevSample: sample.map((value, i) => value - prediction[i]!),
  }));
  const scaleModelInput = vi.fn((sample: Float32Array, _: number) => sample.map((value) => value / 2));
  return { timesteps, step, scaleModelInput };
}

/** Predicts ones, in a quarter of a second. */
function predictor(predict = (latents: Float32Array) => Promise.resolve(latents.map(() => 1))) {
  return {
    predict: vi.fn((latents: Float32Array, _: number, __: number) => {
      now += 250;
      return predict(latents);
    }),
    release: vi.fn(),
  };
}

function setup(overrides: Partial<DenoiseOptions> & { timesteps?: number[] } = {}) {
  const { timesteps, ...rest } = overrides;
  const [own, ownScheduler] = [predictor(), scheduler(timesteps)];
  const options: DenoiseOptions = {
    predictor: own,
    scheduler: ownScheduler as unknown as Scheduler,
    latents: Float32Array.of(10, 20),
    images: 1,
    eta: 0,
    noise: () => new Float32Array(2),
    signal: undefined,
    onStep: undefined,
    ...rest,
  };
  return { predictor: own, scheduler: ownScheduler, options };
}

describe('the loop', () => {
  it('predicts and steps at each timestep', async () => {
    const { predictor: own, scheduler: steps, options } = setup();
    const { latents, stopped } = await denoise(options);
    expect([...latents]).toEqual([7, 17]);
    expect(stopped).toBe(false);
    expect(own.predict.mock.calls.map(([input, timestep, index]) => [[...input], timestep, index])).toEqual([
      [[5, 10], 30, 0],
      [[4.5, 9.5], 20, 1],
      [[4, 9], 10, 2],
    ]);
    expect(steps.step.mock.calls.map(([, timestep, sample]) => [timestep, [...sample]])).toEqual([
      [30, [10, 20]],
      [20, [9, 19]],
      [10, [8, 18]],
    ]);
  });

  it('gives the scheduler eta, noise and the number of images', async () => {
    const noise = () => new Float32Array(2);
    const { scheduler: steps, options } = setup({ eta: 0.7, noise, images: 2, timesteps: [1] });
    await denoise(options);
    expect(steps.step.mock.calls[0]![3]).toEqual({ eta: 0.7, noise, batchSize: 2 });
  });

  it('starts at the first index', async () => {
    const seen: StepInfo[] = [];
    const { predictor: own, options } = setup({ firstIndex: 1, onStep: (info) => void seen.push(info) });
    const { latents } = await denoise(options);
    expect(own.predict.mock.calls.map(([, timestep, index]) => [timestep, index])).toEqual([
      [20, 1],
      [10, 2],
    ]);
    expect(seen.map(({ step, steps, timestep }) => [step, steps, timestep])).toEqual([
      [1, 2, 20],
      [2, 2, 10],
    ]);
    expect([...latents]).toEqual([8, 18]);
  });

  it('leaves the latents as they are where no step is left', async () => {
    const { predictor: own, options } = setup({ firstIndex: 3 });
    expect(await denoise(options)).toEqual({
      latents: Float32Array.of(10, 20),
      stopped: false,
      secondsPerStep: 0,
    });
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it('does not change the latents it is given', async () => {
    const { options } = setup();
    await denoise(options);
    expect(options.latents).toEqual(Float32Array.of(10, 20));
  });

  it('replaces the latents after each step before onStep sees them', async () => {
    const seen: number[][] = [];
    const afterStep = vi.fn((latents: Float32Array, index: number) => latents.fill(index));
    const { scheduler: steps, options } = setup({
      firstIndex: 1,
      afterStep,
      onStep: ({ latents }) => void seen.push([...latents]),
    });
    const { latents } = await denoise(options);
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(steps.step.mock.calls[1]![2]).toEqual(Float32Array.of(1, 1));
    expect([...latents]).toEqual([2, 2]);
  });
});

describe('onStep', () => {
  it('hears of each step, and may keep and change the latents it is given', async () => {
    const seen: StepInfo[] = [];
    const { options } = setup({
      onStep: (info) => {
        seen.push({ ...info, latents: info.latents.slice() });
        info.latents.fill(NaN);
      },
    });
    const { latents } = await denoise(options);
    expect([...latents]).toEqual([7, 17]);
    expect(seen).toEqual([
      { step: 1, steps: 3, timestep: 30, latents: Float32Array.of(9, 19), secondsPerStep: 0.25 },
      { step: 2, steps: 3, timestep: 20, latents: Float32Array.of(8, 18), secondsPerStep: 0.25 },
      { step: 3, steps: 3, timestep: 10, latents: Float32Array.of(7, 17), secondsPerStep: 0.25 },
    ]);
  });

  it.each([
    ['returning', () => 'stop'],
    ['resolving', () => Promise.resolve('stop')],
  ])('ends the loop by %s stop', async (_, onStep) => {
    const { predictor: own, options } = setup({ onStep });
    const result = await denoise(options);
    expect(result).toMatchObject({ latents: Float32Array.of(9, 19), stopped: true });
    expect(own.predict).toHaveBeenCalledTimes(1);
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it.each([true, 1, 'Stop', {}, null])('goes on for any other answer: %o', async (answer) => {
    const { options } = setup({ onStep: () => answer });
    expect((await denoise(options)).stopped).toBe(false);
  });

  it('stopping after the last step stops nothing', async () => {
    const { options } = setup({ onStep: ({ step }) => (step === 3 ? 'stop' : undefined) });
    expect(await denoise(options)).toMatchObject({ latents: Float32Array.of(7, 17), stopped: false });
  });

  it('is awaited before the next step', async () => {
    let answer!: (value: unknown) => void;
    const onStep = vi.fn(() => new Promise((resolve) => (answer = resolve)));
    const { predictor: own, options } = setup({ onStep, timesteps: [2, 1] });
    const running = denoise(options);
    expect(await isSettled(running)).toBe(false);
    expect(own.predict).toHaveBeenCalledTimes(1);
    answer(undefined);
    expect(await isSettled(running)).toBe(false);
    expect(own.predict).toHaveBeenCalledTimes(2);
    answer(undefined);
    expect((await running).stopped).toBe(false);
  });

  it('takes no part in the seconds a step takes', async () => {
    const { options } = setup({
      onStep: () => {
        now += 60_000;
      },
    });
    expect((await denoise(options)).secondsPerStep).toBe(0.25);
  });

  it.each([
    [
      'throws',
      () => {
        throw enough;
      },
    ],
    ['rejects', () => Promise.reject(enough)],
  ])('fails the generation when it %s', async (_, onStep) => {
    const { predictor: own, options } = setup({ onStep });
    await expect(denoise(options)).rejects.toBe(enough);
    expect(own.release).toHaveBeenCalledTimes(1);
  });
});

describe('an abort', () => {
  it('before the first step predicts nothing', async () => {
    const { predictor: own, options } = setup({ signal: AbortSignal.abort(enough) });
    await expect(denoise(options)).rejects.toBe(enough);
    expect(own.predict).not.toHaveBeenCalled();
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it('between two steps ends the loop', async () => {
    const controller = new AbortController();
    const { predictor: own, options } = setup({
      signal: controller.signal,
      afterStep: (latents) => {
        controller.abort(enough);
        return latents;
      },
    });
    await expect(denoise(options)).rejects.toBe(enough);
    expect(own.predict).toHaveBeenCalledTimes(1);
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it('ends the wait for an onStep that never answers', async () => {
    const controller = new AbortController();
    const { predictor: own, options } = setup({
      signal: controller.signal,
      onStep: () => new Promise(() => undefined),
    });
    const running = denoise(options);
    expect(await isSettled(running)).toBe(false);
    controller.abort(enough);
    await expect(running).rejects.toBe(enough);
    expect(own.release).toHaveBeenCalledTimes(1);
  });
});

describe('a step that fails', () => {
  it.each([NaN, Infinity, -Infinity])('by giving %d is named', async (broken) => {
    const onStep = vi.fn();
    const failing = predictor((latents) =>
      Promise.resolve(latents[0] === 4.5 ? Float32Array.of(0, broken) : latents.map(() => 1)),
    );
    const { options } = setup({ predictor: failing, onStep });
    await expect(denoise(options)).rejects.toMatchObject({
      code: 'NUMERICS',
      message: expect.stringMatching(/^Step 2 of 3 gave values that are not finite/) as string,
    });
    expect(onStep).toHaveBeenCalledTimes(1);
    expect(failing.release).toHaveBeenCalledTimes(1);
  });

  it('in the scheduler releases the predictor', async () => {
    const { predictor: own, scheduler: steps, options } = setup();
    steps.step.mockImplementation(() => {
      throw enough;
    });
    await expect(denoise(options)).rejects.toBe(enough);
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it('in the predictor releases it, once', async () => {
    const failing = predictor(() => Promise.reject(enough));
    const { options } = setup({ predictor: failing });
    await expect(denoise(options)).rejects.toBe(enough);
    expect(failing.release).toHaveBeenCalledTimes(1);
  });
});

it('a loop that ends well releases its predictor once', async () => {
  const { predictor: own, options } = setup();
  await denoise(options);
  expect(own.release).toHaveBeenCalledTimes(1);
});

it('seconds per step are the mean of the steps', async () => {
  const slowing = predictor((latents) => {
    now += latents[0] === 5 ? 500 : 0;
    return Promise.resolve(latents.map(() => 1));
  });
  const { options } = setup({ predictor: slowing });
  // 0.75, 0.25 and 0.25 seconds.
  expect((await denoise(options)).secondsPerStep).toBeCloseTo(1.25 / 3, 12);
});
