import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  createScheduler,
  DDIMScheduler,
  EulerDiscreteScheduler,
  Scheduler,
  schedulerFromConfig,
  schedulerFromPretrained,
} from '../../../lib/schedulers/index.js';
import { warnOfUnknownKeys } from '../../../lib/schedulers/unknown-keys.js';
import reference from '../../fixtures/reference/scheduler_behaviour.json' with { type: 'json' };

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
    [{ _class_name: 'IPNDMScheduler' }, 'names the scheduler class IPNDMScheduler'],
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

  it('by its own class is used by another that is asked for', async () => {
    const file = { _class_name: 'IPNDMScheduler', beta_end: 0.012 };
    const scheduler = schedulerFromConfig(file, 'file', EulerDiscreteScheduler);
    expect(scheduler).toBeInstanceOf(EulerDiscreteScheduler);
    expect(scheduler.config).toMatchObject({ betaEnd: 0.012 });
    expect(() => schedulerFromConfig({ beta_end: 'x' }, 'file', EulerDiscreteScheduler)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('file: ') as string,
      }),
    );
    await write({ ...file, beta_end: 'x' });
    await expect(EulerDiscreteScheduler.fromPretrained(folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('for a feature that is lacking is refused with its path', async () => {
    await write({ _class_name: 'UniPCMultistepScheduler', solver_p: {} });
    await expect(schedulerFromPretrained(folder)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/scheduler_config\.json: .*solverP/) as string,
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
    emitWarning.mockClear();
    warnOfUnknownKeys(Object.fromEntries(reference.keys.map((key) => [key, null])), 'file');
    expect(emitWarning).not.toHaveBeenCalled();
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

it('the id of a model on the hub is refused without the hub, with what to import', async () => {
  await expect(EulerDiscreteScheduler.fromPretrained('org/model')).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining("import 'openvino-diffusers'") as string,
  });
});
