import { describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import {
  beginIndexForStrength,
  createScheduler,
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
} from '../../../lib/schedulers/index.js';
import reference from '../../fixtures/reference/scheduler_behaviour.json' with { type: 'json' };
import { denoise, relativeDifference } from '../../support/scheduler-runs.js';

interface ImageToImage {
  scheduler: string;
  config: object;
  steps: number;
  strength: number;
  begin: number;
  noisy: number[];
  final: number[];
}

const SHAPE = [1, 4, 1, 2];

describe('a loop that starts in the middle goes where diffusers’ image-to-image goes', () => {
  const cases = (reference.imageToImage as ImageToImage[]).map((entry) => ({
    ...entry,
    title: `${entry.scheduler} ${JSON.stringify(entry.config).slice(75)}, ${entry.steps} steps, strength ${entry.strength}`,
  }));

  it.each(cases)('$title', ({ scheduler: className, config, steps, strength, begin, noisy, final }) => {
    const scheduler = createScheduler(className, config);
    scheduler.setTimesteps(steps);
    const index = beginIndexForStrength(scheduler, steps, strength);
    expect(index).toBe(begin);
    scheduler.setBeginIndex(index);
    const timesteps = scheduler.timesteps.slice(index);
    const image = new TorchGenerator(5).randn(SHAPE);
    const start = scheduler.addNoise(image, new TorchGenerator(3).randn(SHAPE), timesteps[0]!);
    expect(relativeDifference(start, noisy)).toBeLessThanOrEqual(1e-5);
    const sample = denoise(scheduler, start, timesteps, SHAPE);
    expect(relativeDifference(sample, final)).toBeLessThanOrEqual(1e-5);
  });
});

describe('the begin index', () => {
  const noise = new Float32Array([1]);
  const zero = new Float32Array(1);

  it('sets the level of addNoise: of the begin, then of the step that comes next, as for inpainting', () => {
    const euler = new EulerDiscreteScheduler();
    euler.setTimesteps(10);
    const levels = euler.timesteps.map((timestep) => euler.addNoise(zero, noise, timestep)[0]);
    euler.setBeginIndex(4);
    expect(euler.addNoise(zero, noise, euler.timesteps[4]!)[0]).toBe(levels[4]);
    euler.step(noise, euler.timesteps[4]!, noise);
    expect(euler.addNoise(zero, noise, euler.timesteps[5]!)[0]).toBe(levels[5]);
  });

  it('distinguishes steps that rounding gave the same timestep', () => {
    const dpm = new DPMSolverMultistepScheduler({
      betaSchedule: 'scaled_linear',
      betaStart: 0.00085,
      betaEnd: 0.012,
      useKarrasSigmas: true,
    });
    dpm.setTimesteps(100);
    const twice = dpm.timesteps.findIndex((timestep, i) => i > 0 && timestep === dpm.timesteps[i - 1]);
    expect(twice).toBeGreaterThan(0);
    dpm.setBeginIndex(twice - 1);
    const first = dpm.addNoise(zero, noise, dpm.timesteps[twice]!)[0]!;
    dpm.setBeginIndex(twice);
    expect(dpm.addNoise(zero, noise, dpm.timesteps[twice]!)[0]).toBeLessThan(first);
  });

  it('is forgotten by setTimesteps', () => {
    const euler = new EulerDiscreteScheduler();
    euler.setTimesteps(10);
    const first = euler.addNoise(zero, noise, 999);
    euler.setBeginIndex(4);
    euler.setTimesteps(10);
    expect(euler.addNoise(zero, noise, 999)).toEqual(first);
  });

  it.each([-1, 10, 1.5, NaN])('is refused out of range: %s', (index) => {
    const euler = new EulerDiscreteScheduler();
    euler.setTimesteps(10);
    expect(() => {
      euler.setBeginIndex(index);
    }).toThrow('Expected integer between 0 and 9 for index');
  });

  it('needs timesteps', () => {
    expect(() => {
      new EulerDiscreteScheduler().setBeginIndex(0);
    }).toThrow('setTimesteps() must be called before setBeginIndex()');
  });
});

describe('a strength', () => {
  it.each([
    [10, 0.3, 7],
    [10, 0.29, 8],
    [10, 1, 0],
    [1, 1, 0],
    [50, 0.75, 13],
  ])('of %s steps, %s, begins at %s', (steps, strength, index) => {
    expect(beginIndexForStrength(new DDIMScheduler(), steps, strength)).toBe(index);
    // A second-order scheduler lists each step's timestep twice.
    expect(beginIndexForStrength({ order: 2 }, steps, strength)).toBe(2 * index);
  });

  it.each([0, -0.5, 1.01, NaN, 0.05])(
    'is refused when no step is left or it is out of range: %s',
    (strength) => {
      expect(() => beginIndexForStrength(new DDIMScheduler(), 10, strength)).toThrow(
        'Expected a number from 0.1 (one step of 10) to 1 for strength',
      );
    },
  );
});
