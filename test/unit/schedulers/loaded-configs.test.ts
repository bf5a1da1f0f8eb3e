import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

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
  schedulerFromPretrained,
  Scheduler,
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
/** Features this package does not have; where a file leaves them off, configs do not list them. */
const LACKED = [
  'use_beta_sigmas',
  'use_flow_sigmas',
  'flow_shift',
  'use_dynamic_shifting',
  'time_shift_type',
  'variance_type',
];

/** A saved config in the form of the reference: no private keys, -Infinity as a string. */
function comparable(scheduler: { toJSON(): FileConfig }): FileConfig {
  return Object.fromEntries(
    Object.entries(scheduler.toJSON())
      .filter(([key]) => !key.startsWith('_') && !LACKED.includes(key))
      .map(([key, value]) => [key, value === -Infinity ? '-inf' : value]),
  );
}

const withoutLacked = (config: FileConfig): FileConfig =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !LACKED.includes(key))
      // diffusers keeps null, which is false to it.
      .map(([key, value]) => [
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
    expect(comparable(scheduler)).toEqual(withoutLacked(config));
    expect(comparable(scheduler.clone())).toEqual(withoutLacked(config));
    expect(comparable(correctScheduler(schedulerFromConfig(file, 'file'), `OV${pipeline}`))).toEqual(
      withoutLacked(config),
    );
    const saved = correctSchedulerFile(file, pipeline, 'file');
    expect(saved).toEqual(scheduler.toJSON());
    // What was defaulted stays so, corrected or not, when another class is made from it.
    for (const [other, expected] of Object.entries(others)) {
      expect(comparable(createScheduler(other, scheduler.config))).toEqual(withoutLacked(expected));
      expect(comparable(createScheduler(other, scheduler.clone().config))).toEqual(withoutLacked(expected));
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
    const file = { _class_name: 'LMSDiscreteScheduler', steps_offset: 0, clip_sample: true, beta_end: 0.012 };
    expect(correctSchedulerFile(file, 'StableDiffusionPipeline', 'file')).toEqual({
      ...file,
      steps_offset: 1,
      clip_sample: false,
    });
    const bare = { _class_name: 'LMSDiscreteScheduler' };
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
    expect(comparable(scheduler)).toEqual(withoutLacked(config!));
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

describe('a file that cannot be used', () => {
  let folder: string;
  const write = (config: unknown): Promise<void> =>
    writeFile(join(folder, 'scheduler_config.json'), JSON.stringify(config));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scheduler-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each([
    [
      'a wrong value',
      { clip_sample: 'yes' },
      'CONFIG_INVALID',
      "a boolean for clip_sample but received 'yes'",
    ],
    ['a value of the next version', { beta_schedule: 'sigmoid' }, 'CONFIG_INVALID', 'beta_schedule'],
    ['a list for a number', { num_train_timesteps: [1000] }, 'CONFIG_INVALID', 'num_train_timesteps'],
  ])('for %s is named with its key', async (_, config, code, message) => {
    await write({ _class_name: 'DDIMScheduler', ...config });
    const expected = { name: 'ModelLoadError', code, message: expect.stringContaining(message) as string };
    await expect(schedulerFromPretrained(folder)).rejects.toMatchObject(expected);
    await expect(DDIMScheduler.fromPretrained(folder)).rejects.toMatchObject(expected);
    await expect(DDIMScheduler.fromPretrained(folder)).rejects.toThrow(join(folder, 'scheduler_config.json'));
  });

  it('for keys that contradict each other is named', async () => {
    await write({
      _class_name: 'EulerDiscreteScheduler',
      use_karras_sigmas: true,
      use_exponential_sigmas: true,
    });
    await expect(schedulerFromPretrained(folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/scheduler_config\.json: Only one of/) as string,
    });
  });

  it.each([
    [{}, 'names no scheduler class (_class_name)'],
    [{ _class_name: 'HeunDiscreteScheduler' }, 'names the scheduler class HeunDiscreteScheduler'],
    [{ _class_name: 'toString' }, 'names the scheduler class toString'],
  ])('for its class, %o, is refused with those there are', async (config, message) => {
    await write(config);
    await expect(schedulerFromPretrained(folder)).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/DDIMScheduler, .*PNDMScheduler/) as string,
    });
    await expect(schedulerFromPretrained(folder)).rejects.toThrow(message);
    // A class that is asked for by name takes what it knows.
    await expect(DDIMScheduler.fromPretrained(folder)).resolves.toBeInstanceOf(Scheduler);
  });

  it('for a feature that is lacking is refused with its path', async () => {
    await write({ _class_name: 'DPMSolverMultistepScheduler', use_flow_sigmas: true, flow_shift: 3 });
    await expect(schedulerFromPretrained(folder)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/scheduler_config\.json: .*useFlowSigmas/) as string,
    });
  });

  it('for a misspelled key is used, with a warning, unless another scheduler has the key', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await write({ _class_name: 'PNDMScheduler', clip_sample: false, predict_x0: true, skip_prk_step: true });
    await schedulerFromPretrained(folder);
    await DDIMScheduler.fromPretrained(folder);
    const expected = [
      expect.stringMatching(/scheduler_config\.json: ignored keys that no scheduler has: skip_prk_step$/),
      { type: 'OpenVINODiffusersWarning', code: 'UNKNOWN_CONFIG_KEY' },
    ];
    expect(emitWarning.mock.calls).toEqual([expected, expected]);
    emitWarning.mockRestore();
  });

  it('is the caller’s fault where the caller passed the value', () => {
    const invalid = { name: 'InvalidArgumentError', code: 'INVALID_ARGUMENT' };
    expect(() => DDIMScheduler.fromConfig({}, { clipSample: 'yes' })).toThrow(
      expect.objectContaining(invalid),
    );
    expect(() => DDIMScheduler.fromConfig({ clip_sample: 'yes' })).toThrow(expect.objectContaining(invalid));
    expect(() => DDIMScheduler.fromConfig(null as never)).toThrow(expect.objectContaining(invalid));
    expect(() => createScheduler('Heun', {})).toThrow(expect.objectContaining(invalid));
  });
});
