import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import {
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  schedulerFromPretrained,
  UniPCMultistepScheduler,
} from '../../../lib/schedulers/index.js';

const classes = [
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
];

describe('a configuration', () => {
  it('takes keys as diffusers writes them or in camelCase', () => {
    const snake = DDIMScheduler.fromConfig({ beta_start: 0.001, steps_offset: 1 }, { clip_sample: false });
    const camel = DDIMScheduler.fromConfig({ betaStart: 0.001, stepsOffset: 1 }, { clipSample: false });
    expect(snake.config).toEqual(camel.config);
    expect(snake.config).toMatchObject({ betaStart: 0.001, stepsOffset: 1, clipSample: false });
  });

  it('goes to a file’s form and back', () => {
    for (const Class of classes) {
      const scheduler = new Class({ betaSchedule: 'scaled_linear', stepsOffset: 1 });
      const file = scheduler.toJSON();
      expect(file).toMatchObject({ _class_name: Class.definition.className, beta_schedule: 'scaled_linear' });
      expect((Class as typeof DDIMScheduler).fromConfig(file).config).toEqual(scheduler.config);
    }
  });

  it('passes from one class to another: what both have, other keys by default', () => {
    const pndm = new PNDMScheduler({ betaStart: 0.00085, skipPrkSteps: true });
    const dpm = DPMSolverMultistepScheduler.fromConfig(pndm.config, { useKarrasSigmas: true });
    expect(dpm.config).toMatchObject({ betaStart: 0.00085, solverOrder: 2, useKarrasSigmas: true });
  });

  it('leaves to the new class what the old one only defaulted', () => {
    const pndm = new PNDMScheduler({ skipPrkSteps: true });
    expect(pndm.config.timestepSpacing).toBe('leading');
    expect(EulerDiscreteScheduler.fromConfig(pndm.config).config.timestepSpacing).toBe('linspace');
    const given = new PNDMScheduler({ timestepSpacing: 'leading' });
    expect(EulerDiscreteScheduler.fromConfig(given.config).config.timestepSpacing).toBe('leading');
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(new DDIMScheduler().config)).toBe(true);
  });

  it.each<[string, () => unknown, string, string]>([
    [
      'a misspelled key',
      () => DDIMScheduler.fromConfig({}, { clipsample: true }),
      'UNKNOWN_OPTION',
      'clipSample',
    ],
    [
      'a value of the wrong type',
      () => new DDIMScheduler({ clipSample: 'no' }),
      'INVALID_ARGUMENT',
      'clipSample',
    ],
    [
      'a spacing nobody knows',
      () => new PNDMScheduler({ timestepSpacing: 'odd' }),
      'INVALID_ARGUMENT',
      'linspace',
    ],
    [
      'another scheduler as predictor',
      () => new UniPCMultistepScheduler({ solver_p: { _class_name: 'DDIMScheduler' } }),
      'UNSUPPORTED',
      'solverP',
    ],
    [
      'Euler with two spacings of sigmas',
      () => new EulerDiscreteScheduler({ useBetaSigmas: true, useKarrasSigmas: true }),
      'CONFIG_INVALID',
      'useBetaSigmas',
    ],
    [
      'two spacings of sigmas',
      () => new DPMSolverMultistepScheduler({ useKarrasSigmas: true, useLuLambdas: true }),
      'CONFIG_INVALID',
      'Only one',
    ],
    [
      'DPM-Solver down to zero',
      () => new DPMSolverMultistepScheduler({ algorithmType: 'dpmsolver' }),
      'CONFIG_INVALID',
      'sigma_min',
    ],
  ])('is refused with %s', (_, make, code, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });
});

describe('a scheduler', () => {
  it('of the same configuration is a clone that steps for itself', () => {
    const sample = new TorchGenerator(1).randn([4, 4]);
    const output = new TorchGenerator(2).randn([4, 4]);
    const original = new DPMSolverMultistepScheduler({ betaSchedule: 'scaled_linear' });
    original.setTimesteps(5);
    const first = original.step(output, original.timesteps[0]!, sample).prevSample;
    const clone = original.clone();
    expect(clone).toBeInstanceOf(DPMSolverMultistepScheduler);
    expect(clone.config).toEqual(original.config);
    clone.setTimesteps(5);
    expect(clone.step(output, clone.timesteps[0]!, sample).prevSample).toEqual(first);
    expect(original.step(output, original.timesteps[1]!, first).prevSample).not.toEqual(first);
  });

  it.each(classes)('refuses steps before setTimesteps, and unknown timesteps: %o', (Class) => {
    const scheduler = new Class(Class === PNDMScheduler ? { skipPrkSteps: true } : {});
    const values = new Float32Array(4);
    expect(() => scheduler.step(values, 1, values)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    scheduler.setTimesteps(5);
    expect(() => scheduler.step(values, 0.5, values)).toThrow("Expected one of the scheduler's timesteps");
  });

  it.each([0, -1, 1.5, NaN, 1001, '5'])('refuses to take %s steps', (steps) => {
    expect(() => {
      new DDIMScheduler().setTimesteps(steps as number);
    }).toThrow('Expected integer between 1 and 1000 for numInferenceSteps');
  });

  it('asks for the noise it needs', () => {
    const scheduler = new EulerAncestralDiscreteScheduler();
    scheduler.setTimesteps(2);
    const values = new Float32Array(4);
    expect(() => scheduler.step(values, scheduler.timesteps[0]!, values)).toThrow('{ noise }');
  });

  it('adds noise up to a timestep', () => {
    const [image, noise] = [new Float32Array([1, -1]), new Float32Array([0.5, 0.5])];
    const ddim = new DDIMScheduler({ betaSchedule: 'scaled_linear', betaStart: 0.00085, betaEnd: 0.012 });
    ddim.setTimesteps(10);
    // At the last timestep of training hardly anything of the image is left: ᾱ = 0.0047.
    const noisy = ddim.addNoise(image, noise, 999);
    expect(noisy[0]! - noisy[1]!).toBeCloseTo(2 * Math.sqrt(0.00466), 3);
  });
});

describe('a scheduler’s file', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scheduler-'));
    await mkdir(join(folder, 'scheduler'));
    // As Python writes it, its infinity included.
    const text =
      '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "beta_end": 0.012}';
    await writeFile(join(folder, 'scheduler/scheduler_config.json'), text);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('is read from a model’s folder or its own, by the class it names or by another', async () => {
    const named = await schedulerFromPretrained(folder);
    expect(named).toBeInstanceOf(DPMSolverMultistepScheduler);
    expect(named.config).toMatchObject({ betaEnd: 0.012, lambdaMinClipped: -Infinity });
    const own = await DDIMScheduler.fromPretrained(join(folder, 'scheduler'));
    expect(own.config.betaEnd).toBe(0.012);
    await expect(DDIMScheduler.fromPretrained(folder, { subfolder: 'scheduler' })).resolves.toBeDefined();
    await expect(DDIMScheduler.fromPretrained(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });
});
