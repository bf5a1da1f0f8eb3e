import { describe, expect, it, vi } from 'vitest';

import {
  DDIMScheduler,
  EulerDiscreteScheduler,
  HeunDiscreteScheduler,
  Scheduler,
  type TimestepOptions,
} from '../../../lib/schedulers/index.js';
import { fakePipeline } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

/** A user's own of second order, which takes timesteps: each but the last comes twice. */
class TwiceScheduler extends Scheduler {
  readonly className = 'TwiceScheduler';
  readonly config = {};
  override readonly order = 2;
  timesteps: readonly number[] = [];

  override get timestepOptions() {
    return ['numInferenceSteps', 'timesteps'] as const;
  }

  setTimesteps(steps: number | TimestepOptions) {
    const count = typeof steps === 'number' ? steps : 0;
    const given =
      typeof steps === 'object' ? steps.timesteps! : Array.from({ length: count }, (_, i) => count - i);
    this.timesteps = given.flatMap((timestep) => [timestep, timestep]).slice(0, -1);
  }

  step(modelOutput: Float32Array, _timestep: number, sample: Float32Array) {
    return { prevSample: sample.map((value, i) => value - modelOutput[i]! / 10) };
  }

  addNoise(original: Float32Array, noise: Float32Array) {
    return original.map((value, i) => value + noise[i]!);
  }

  clone() {
    return new TwiceScheduler() as this;
  }
}

describe('generate with a schedule of one’s own', () => {
  it.each([new HeunDiscreteScheduler(), new TwiceScheduler()])(
    'counts its steps, not the calls of the UNet, for a scheduler of second order: $className',
    async (scheduler) => {
      const { pipeline, networks } = await fakePipeline({ scheduler });
      const seen: string[] = [];
      const { images } = await pipeline.generate('a', {
        timesteps: [999, 500, 100],
        seed: 1,
        onStep: ({ step, steps, timestep }) => {
          seen.push(`${step}/${steps} at ${timestep}`);
        },
      });
      expect(seen.map((text) => text.split(' ')[0])).toEqual(['1/3', '2/3', '3/3']);
      expect(seen.at(-1)).toBe('3/3 at 100');
      expect(networks.unet.inferences).toHaveLength(5);
      expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 3, scheduler: scheduler.className });
      await pipeline.dispose();
    },
  );

  it('denoises at its timesteps and writes their number into the image', async () => {
    const { pipeline, networks } = await fakePipeline({ scheduler: new EulerDiscreteScheduler() });
    const timesteps = [999, 500, 100];
    const seen: number[] = [];
    const { images } = await pipeline.generate('a', {
      timesteps,
      seed: 1,
      onStep: ({ timestep }) => {
        seen.push(timestep);
      },
    });
    expect(seen).toEqual(timesteps);
    expect(networks.unet.inferences).toHaveLength(3);
    expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 3 });
    await pipeline.dispose();
  });

  it('goes down its noise levels, of which the last follows the last step', async () => {
    const { pipeline, networks } = await fakePipeline({ scheduler: new EulerDiscreteScheduler() });
    await pipeline.generate('a', { sigmas: [14, 3, 0.5, 0], seed: 1 });
    expect(networks.unet.inferences).toHaveLength(3);
    await pipeline.dispose();
  });

  it.each([
    ['that the scheduler does not take', { timesteps: [999, 1] }, 'takes no timesteps'],
    [
      'beside a number of steps',
      { timesteps: [999, 1], numInferenceSteps: 2 },
      'numInferenceSteps and timesteps',
    ],
    ['twice', { timesteps: [999, 1], sigmas: [14, 1] }, 'timesteps and sigmas'],
    ['that is empty', { sigmas: [] }, 'a list of 1 to 1001 numbers'],
    ['of something else', { timesteps: ['999'] }, 'a list of 1 to 1001 numbers'],
  ])('refuses one %s before any network runs', async (_, options, message) => {
    const { pipeline, networks } = await fakePipeline({ scheduler: new DDIMScheduler() });
    await expect(pipeline.generate('a', options as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message) as string,
    });
    expect([networks.unet.inferences, networks.text_encoder.inferences]).toEqual([[], []]);
    await pipeline.dispose();
  });

  it('refuses one that does not descend, and one of the scheduler of a user who takes none', async () => {
    const { pipeline } = await fakePipeline({ scheduler: new EulerDiscreteScheduler() });
    await expect(pipeline.generate('a', { timesteps: [1, 999] })).rejects.toMatchObject({
      message: expect.stringContaining('descending') as string,
    });
    const scheduler = new DDIMScheduler();
    Object.defineProperty(scheduler, 'clone', { value: () => scheduler });
    expect(Scheduler.isScheduler(scheduler)).toBe(true);
    pipeline.scheduler = scheduler;
    await expect(pipeline.generate('a', { sigmas: [2, 1] })).rejects.toMatchObject({
      message: expect.stringContaining('takes no sigmas') as string,
    });
    await pipeline.dispose();
  });
});

it('guidanceRescale of 0 leaves the image as it is, and above 1 is refused', async () => {
  const { pipeline } = await fakePipeline({ scheduler: new DDIMScheduler() });
  const generate = async (guidanceRescale?: number) => {
    const options = { numInferenceSteps: 2, seed: 1, outputType: 'latent' as const };
    return (await pipeline.generate('a', { ...options, guidanceRescale })).latents.data;
  };
  const [plain, zero] = [await generate(), await generate(0)];
  expect(zero).toEqual(plain);
  await expect(generate(1.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await pipeline.dispose();
});
