import { expect, describe, it, vi } from 'vitest';

import { denoise, type DenoiseOptions } from '../../../lib/denoising/index.js';
import {
  beginIndexForStrength,
  HeunDiscreteScheduler,
  PNDMScheduler,
  type Scheduler,
} from '../../../lib/schedulers/index.js';

function setup(scheduler: Scheduler) {
  const own = {
    predict: vi.fn((latents: Float32Array) => Promise.resolve(latents.map(() => 1))),
    release: vi.fn(),
  };
  const options: DenoiseOptions = {
    predictor: own,
    scheduler,
    latents: Float32Array.of(10, 20),
    images: 1,
    eta: 0,
    noise: () => new Float32Array(2),
    signal: undefined,
    onStep: undefined,
  };
  return { predictor: own, options };
}

describe('steps are counted as diffusers’ progress bar counts them', () => {
  const counted = async (
    scheduler: Scheduler,
    numInferenceSteps: number,
    firstIndex = 0,
  ): Promise<[calls: number, steps: (readonly number[])[]]> => {
    scheduler.setTimesteps(numInferenceSteps);
    scheduler.setBeginIndex(firstIndex);
    const steps: (readonly number[])[] = [];
    const { predictor: own, options } = setup(scheduler);
    await denoise({
      ...options,
      numInferenceSteps,
      firstIndex,
      onStep: ({ step, steps: of, timestep }) => void steps.push([step, of, Math.round(timestep)]),
    });
    return [own.predict.mock.calls.length, steps];
  };

  it('of second order, with both calls of a step', async () => {
    const [calls, steps] = await counted(new HeunDiscreteScheduler(), 4);
    expect(calls).toBe(7);
    expect(steps).toEqual([
      [1, 4, 666],
      [2, 4, 333],
      [3, 4, 0],
      [4, 4, 0],
    ]);
  });

  it('of second order from the middle on, for image to image', async () => {
    const heun = new HeunDiscreteScheduler();
    heun.setTimesteps(4);
    const [calls, steps] = await counted(heun, 4, beginIndexForStrength(heun, 4, 0.5));
    expect(calls).toBe(3);
    expect(steps).toEqual([
      [1, 2, 0],
      [2, 2, 0],
    ]);
  });

  it.each([
    [true, 5],
    [false, 13],
  ])('of PNDM, whose warm-up belongs to the first step: skipPrkSteps %s', async (skipPrkSteps, expected) => {
    const [calls, steps] = await counted(new PNDMScheduler({ skipPrkSteps }), 4);
    expect(calls).toBe(expected);
    expect(steps.map(([step, of]) => [step, of])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });

  it('with seconds of all calls of a step, whether there is an onStep or not', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const heun = new HeunDiscreteScheduler();
    heun.setTimesteps(2);
    const { predictor: own, options } = setup(heun);
    own.predict.mockImplementation((latents) => {
      now += 250;
      return Promise.resolve(latents.slice());
    });
    const { secondsPerStep } = await denoise(options);
    vi.restoreAllMocks();
    expect(secondsPerStep).toBeCloseTo(0.75 / 2, 12);
  });

  it('and stopped only where steps are left', async () => {
    const heun = new HeunDiscreteScheduler();
    heun.setTimesteps(2);
    const { predictor: own, options } = setup(heun);
    expect((await denoise({ ...options, onStep: () => 'stop' })).stopped).toBe(true);
    expect(own.predict).toHaveBeenCalledTimes(2);
  });

  it.each([0, 1.5, -1, NaN])('unless the order of a scheduler of one’s own is none: %s', async (order) => {
    const { options } = setup({ timesteps: [2, 1], order } as unknown as Scheduler);
    await expect(denoise(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
