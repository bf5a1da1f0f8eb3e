import { describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import * as schedulers from '../../../lib/schedulers/index.js';
import cases from '../../reference/scheduler_cases.json' with { type: 'json' };
import reference from '../../fixtures/reference/schedulers.json' with { type: 'json' };

interface Case {
  name: string;
  scheduler: string;
  steps: number;
  config: object;
  eta?: number;
}

interface Trajectory {
  timesteps: number[];
  initNoiseSigma: number;
  middle: number[];
  final: number[];
}

const SHAPE = [2, 4, 2, 2];

/** The formula of test/reference/make_schedulers.py. */
function prediction(sample: Float32Array, timestep: number): Float32Array {
  return sample.map((value) => Math.cos(value + timestep / 500));
}

function run({ scheduler: className, config, steps, eta }: Case): Trajectory {
  const make = (schedulers as unknown as Record<string, new (config: object) => schedulers.Scheduler>)[
    className
  ]!;
  const scheduler = new make(config);
  scheduler.setTimesteps(steps);
  const generator = new TorchGenerator(7);
  const noise = (): Float32Array => generator.randn(SHAPE);
  let sample: Float32Array = new TorchGenerator(3)
    .randn(SHAPE)
    .map((value) => value * scheduler.initNoiseSigma);
  let middle: Float32Array = sample;
  scheduler.timesteps.forEach((timestep, index) => {
    const before = sample.slice();
    const output = prediction(scheduler.scaleModelInput(sample, timestep), timestep);
    const given = output.slice();
    const { prevSample } = scheduler.step(output, timestep, sample, { eta, noise, batchSize: SHAPE[0]! });
    expect([sample, output]).toEqual([before, given]);
    sample = prevSample;
    if (index === Math.floor(scheduler.timesteps.length / 2)) middle = sample;
  });
  return {
    timesteps: [...scheduler.timesteps],
    initNoiseSigma: scheduler.initNoiseSigma,
    middle: [...middle],
    final: [...sample],
  };
}

function expectClose(values: number[], expected: number[]): void {
  expect(values.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst / scale).toBeLessThanOrEqual(1e-5);
}

describe('a scheduler goes where diffusers’ goes', () => {
  it.each(cases as Case[])('$name', (entry) => {
    const expected = (reference as Record<string, Trajectory>)[entry.name]!;
    const result = run(entry);
    expectClose(result.timesteps, expected.timesteps);
    expectClose([result.initNoiseSigma], [expected.initNoiseSigma]);
    expectClose(result.middle, expected.middle);
    expectClose(result.final, expected.final);
  });
});
