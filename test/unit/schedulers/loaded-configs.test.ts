import { describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import {
  correctScheduler,
  correctSchedulerFile,
  createScheduler,
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  schedulerFromConfig,
} from '../../../lib/schedulers/index.js';
import reference from '../../fixtures/reference/scheduler_behaviour.json' with { type: 'json' };
import { denoise, relativeDifference } from '../../support/scheduler-runs.js';

type FileConfig = Record<string, unknown>;

interface Loaded {
  name: string;
  file: FileConfig;
  pipeline: string;
  config: FileConfig;
  others: Record<string, FileConfig>;
  timesteps?: number[];
  final?: number[];
}

interface Foreign {
  name: string;
  file: FileConfig;
  target: string;
  config?: FileConfig;
  raises?: string;
}

const SHAPE = [1, 4, 1, 2];
/** A saved config in the form of the reference: no private keys, -Infinity as a string. */
function comparable(scheduler: { toJSON(): FileConfig }): FileConfig {
  return Object.fromEntries(
    Object.entries(scheduler.toJSON())
      .filter(([key]) => !key.startsWith('_'))
      .map(([key, value]) => [key, value === -Infinity ? '-inf' : value]),
  );
}

/** diffusers keeps null, which is false to it. */
const withoutNull = (config: FileConfig): FileConfig =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      ['thresholding', 'lower_order_final'].includes(key) ? Boolean(value) : value,
    ]),
  );

const fromReference = (file: FileConfig): FileConfig =>
  Object.fromEntries(Object.entries(file).map(([key, value]) => [key, value === '-inf' ? -Infinity : value]));

describe('a file is loaded into a pipeline as diffusers’ constructors correct it', () => {
  const cases = (reference.loaded as unknown as Loaded[]).map((entry) => ({
    ...entry,
    title: `${entry.name} in ${entry.pipeline}`,
  }));

  it.each(cases)('$title', ({ file, pipeline, config, others, timesteps, final }) => {
    const scheduler = correctScheduler(schedulerFromConfig(file, 'file'), pipeline);
    expect(comparable(scheduler)).toEqual(withoutNull(config));
    expect(comparable(scheduler.clone())).toEqual(withoutNull(config));
    expect(comparable(correctScheduler(schedulerFromConfig(file, 'file'), `OV${pipeline}`))).toEqual(
      withoutNull(config),
    );
    const saved = correctSchedulerFile(file, pipeline, 'file');
    expect(schedulerFromConfig(saved, 'file').toJSON()).toEqual(scheduler.toJSON());
    // What was defaulted stays so, corrected or not, when another class is made from it.
    for (const [other, expected] of Object.entries(others)) {
      expect(comparable(createScheduler(other, scheduler.config))).toEqual(withoutNull(expected));
      expect(comparable(createScheduler(other, scheduler.clone().config))).toEqual(withoutNull(expected));
    }
    const running = scheduler.clone();
    running.setTimesteps(5);
    expect([running.timesteps.length, running.timesteps[0]]).toEqual(timesteps!.slice(0, 2));
    const start = new TorchGenerator(3).randn(SHAPE).map((value) => value * running.initNoiseSigma);
    const sample = denoise(running, start, running.timesteps, SHAPE);
    expect(relativeDifference(sample, final!)).toBeLessThanOrEqual(1e-5);
  });

  it('but a scheduler of one’s own, or nothing to correct, stays the same object', () => {
    const right = new DDIMScheduler({ stepsOffset: 1, clipSample: false });
    expect(correctScheduler(right, 'StableDiffusionPipeline')).toBe(right);
    const wrong = new DDIMScheduler();
    expect(correctScheduler(wrong, 'StableDiffusionControlNetPipeline')).toBe(wrong);
  });

  it('and what a file of another class has is corrected, what it has not is not added', () => {
    const file = { _class_name: 'IPNDMScheduler', steps_offset: 0, clip_sample: true, beta_end: 0.012 };
    expect(correctSchedulerFile(file, 'StableDiffusionPipeline', 'file')).toEqual({
      ...file,
      steps_offset: 1,
      clip_sample: false,
    });
    const bare = { _class_name: 'IPNDMScheduler' };
    expect(correctSchedulerFile(bare, 'StableDiffusionPipeline', 'file')).toEqual(bare);
  });
});

describe('a config of a class this package lacks becomes what diffusers makes of it', () => {
  const cases = (reference.foreign as unknown as Foreign[]).map((entry) => ({
    ...entry,
    title: `${entry.name} for ${entry.target}`,
  }));

  it.each(cases.filter(({ raises }) => raises === undefined))('$title', ({ file, target, config }) => {
    const scheduler = createScheduler(target, fromReference(file));
    expect(comparable(scheduler)).toEqual(withoutNull(config!));
  });

  it('and DEIS a second-order DPM-Solver++, where diffusers 0.39 checks before it replaces the name', () => {
    const deis = cases.filter(({ raises }) => raises !== undefined);
    expect(deis.map(({ title }) => title)).toEqual([
      'DEIS, file for DPMSolverMultistepScheduler',
      'DEIS, given for DPMSolverMultistepScheduler',
    ]);
    for (const { file } of deis) {
      const { config } = DPMSolverMultistepScheduler.fromConfig(file);
      expect(config).toMatchObject({ algorithmType: 'dpmsolver++', solverType: 'midpoint', solverOrder: 2 });
    }
  });

  it('and keeps keys for the next class, through the one that ignores them', () => {
    const pndm = PNDMScheduler.fromConfig({
      skip_prk_steps: true,
      clip_sample: false,
      use_karras_sigmas: true,
    });
    const euler = EulerDiscreteScheduler.fromConfig(pndm.config);
    expect(euler.config.useKarrasSigmas).toBe(true);
    expect(DDIMScheduler.fromConfig(euler.config).config.clipSample).toBe(false);
  });
});
