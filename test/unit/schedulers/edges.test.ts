import { describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import {
  createScheduler,
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
} from '../../../lib/schedulers/index.js';
import reference from '../../fixtures/reference/scheduler_behaviour.json' with { type: 'json' };
import { denoise, relativeDifference } from '../../support/scheduler-runs.js';

interface Edge {
  scheduler: string;
  config: object & { timestep_spacing: string; prediction_type: string };
  steps: number;
  raises?: string;
  timesteps?: number[];
  final?: (number | null)[];
}

const SHAPE = [1, 4, 1, 2];
/** Hundreds of steps, and a start from noise of deviation 4096, accumulate what rounding differs by. */
const tolerance = (steps: number, config: object): number =>
  steps < 100 && !('rescale_betas_zero_snr' in config && config.rescale_betas_zero_snr) ? 1e-5 : 5e-5;

const invalidArgument = (message: string): unknown =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) as string });

describe('few and many steps end where diffusers’ do, or are refused where diffusers’ fail or give NaN', () => {
  const named = (reference.edges as Edge[]).map((edge) => ({
    ...edge,
    name: `${edge.scheduler}, ${edge.config.timestep_spacing}, ${edge.config.prediction_type}, ${edge.steps} steps`,
  }));

  it.each(named)('$name', ({ scheduler: className, config, steps, raises, timesteps, final }) => {
    const scheduler = createScheduler(className, config);
    if (raises !== undefined || final!.includes(null)) {
      expect(() => {
        scheduler.setTimesteps(steps);
      }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      return;
    }
    scheduler.setTimesteps(steps);
    const [count, first, last, sum] = timesteps as [number, number, number, number];
    expect(scheduler.timesteps).toHaveLength(count);
    expect([scheduler.timesteps[0], scheduler.timesteps.at(-1)]).toEqual([first, last]);
    const total = scheduler.timesteps.reduce((a, b) => a + b);
    expect(Math.abs(total - sum)).toBeLessThanOrEqual(1e-8 * Math.max(Math.abs(sum), 1));

    const start = new TorchGenerator(3).randn(SHAPE).map((value) => value * scheduler.initNoiseSigma);
    const sample = denoise(scheduler, start, scheduler.timesteps, SHAPE);
    expect(relativeDifference(sample, final as number[])).toBeLessThanOrEqual(tolerance(steps, config));
  });
});

describe('a schedule that leads past the training timesteps', () => {
  it.each([
    ['DDIM', new DDIMScheduler({ stepsOffset: 1 }), 1000, 'Use at most 999 steps'],
    ['DDIM with a large offset', new DDIMScheduler({ stepsOffset: 500 }), 20, 'Use at most 1 steps'],
    ['DDIM with an impossible offset', new DDIMScheduler({ stepsOffset: 1000 }), 20, 'No number of steps'],
    [
      'DDIM with too few betas',
      new DDIMScheduler({ trainedBetas: Array(500).fill(0.01) }),
      20,
      'Use at most 1',
    ],
    ['PNDM', new PNDMScheduler({ stepsOffset: 1, skipPrkSteps: true }), 1000, 'Use at most 999 steps'],
    ['DPM++ leading', new DPMSolverMultistepScheduler({ timestepSpacing: 'leading' }), 1000, 'at most 999'],
    ['DPM++ linspace', new DPMSolverMultistepScheduler(), 1000, 'at most 999'],
    ['DDIM by the count alone', new DDIMScheduler(), 1001, 'integer between 1 and 1000'],
  ])('is refused before the first step: %s', (_, scheduler, steps, message) => {
    expect(() => {
      scheduler.setTimesteps(steps);
    }).toThrow(invalidArgument(message));
  });
});

describe('noise of a timestep there is no value for is refused by', () => {
  const values = new Float32Array(4);

  it.each([1000, -1, 0.5, NaN, Infinity])('DDIM: %s', (timestep) => {
    expect(() => new DDIMScheduler().addNoise(values, values, timestep)).toThrow(
      invalidArgument('between 0 and 999'),
    );
  });

  it('Euler, unless it is one of its timesteps', () => {
    const euler = new EulerDiscreteScheduler();
    expect(() => euler.addNoise(values, values, 999)).toThrow(invalidArgument('setTimesteps()'));
    euler.setTimesteps(4);
    expect(euler.addNoise(values, values, 999)).toHaveLength(4);
    expect(() => euler.addNoise(values, values, 998)).toThrow(invalidArgument('998'));
  });

  it('DDIM for noise of another size', () => {
    expect(() => new DDIMScheduler().addNoise(values, new Float32Array(3), 10)).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});

describe('after the last step', () => {
  it.each([
    ['Euler', new EulerDiscreteScheduler()],
    ['DPM++', new DPMSolverMultistepScheduler()],
  ])('%s refuses another', (_, scheduler) => {
    scheduler.setTimesteps(3);
    const end = denoise(scheduler, new TorchGenerator(1).randn(SHAPE), scheduler.timesteps, SHAPE);
    expect(() => scheduler.step(end, scheduler.timesteps[2]!, end)).toThrow(
      invalidArgument('call setTimesteps()'),
    );
  });
});
