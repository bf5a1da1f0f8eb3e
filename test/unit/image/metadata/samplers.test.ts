import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  formatParameters,
  parseParameters,
  SAMPLER_CONFIG_KEYS,
  type SchedulerConfig,
} from '../../../../lib/image/index.js';
import {
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  type Scheduler,
} from '../../../../lib/schedulers/index.js';

type SchedulerClass = typeof DDIMScheduler;

/** The scheduler_config.json of Stable Diffusion 1.5, with keys of other classes that users add to it. */
const MODEL = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  skip_prk_steps: true,
  steps_offset: 1,
  use_karras_sigmas: true,
  timestep_spacing: 'leading',
};
const classes = [
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
] as unknown as SchedulerClass[];

/** What a pipeline writes of its scheduler: its class's keys that name samplers, and differences to the model's own. */
function writtenConfig(of: SchedulerClass, scheduler: Scheduler, model: Scheduler): SchedulerConfig {
  return Object.fromEntries(
    Object.entries(scheduler.config).filter(
      ([key, value]) =>
        key in of.definition.schema.shape &&
        (SAMPLER_CONFIG_KEYS.includes(key) || value !== (model.config as Record<string, unknown>)[key]),
    ),
  );
}

const namesOf = (scheduler: string, schedulerConfig: SchedulerConfig): string =>
  formatParameters({ prompt: '', scheduler, schedulerConfig });

// Names: modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py and sd_schedulers.py of the web UI 1.10; what they
// are in diffusers: the tables in its documentation's overview of schedulers.
describe("a scheduler's name in the parameters text", () => {
  test.each([
    ['DPMSolverMultistepScheduler', { useKarrasSigmas: true }, 'Sampler: DPM++ 2M, Schedule type: Karras'],
    [
      'DPMSolverMultistepScheduler',
      { algorithmType: 'sde-dpmsolver++', useKarrasSigmas: true },
      'Sampler: DPM++ 2M SDE, Schedule type: Karras',
    ],
    [
      'DPMSolverMultistepScheduler',
      { algorithmType: 'sde-dpmsolver++', solverType: 'heun', useExponentialSigmas: true },
      'Sampler: DPM++ 2M SDE Heun, Schedule type: Exponential',
    ],
    [
      'DPMSolverMultistepScheduler',
      { algorithmType: 'sde-dpmsolver++', solverOrder: 3, useBetaSigmas: true },
      'Sampler: DPM++ 3M SDE, Schedule type: Beta',
    ],
    [
      'DPMSolverMultistepScheduler',
      { timestepSpacing: 'linspace' },
      'Sampler: DPM++ 2M, Schedule type: Uniform',
    ],
    [
      'DPMSolverMultistepScheduler',
      { useLuLambdas: true },
      'Sampler: DPM++ 2M, Scheduler config: "{\\"useLuLambdas\\":true}"',
    ],
    [
      'DPMSolverMultistepScheduler',
      { solverOrder: 3 },
      'Sampler: DPMSolverMultistepScheduler, Scheduler config: "{\\"solverOrder\\":3}"',
    ],
    ['EulerDiscreteScheduler', { timestepSpacing: 'trailing' }, 'Sampler: Euler, Schedule type: SGM Uniform'],
    [
      'EulerDiscreteScheduler',
      { timestepSpacing: 'leading', stepsOffset: 1 },
      'Sampler: Euler, Schedule type: DDIM',
    ],
    [
      'EulerAncestralDiscreteScheduler',
      { timestepSpacing: 'linspace' },
      'Sampler: Euler a, Schedule type: Uniform',
    ],
    ['KDPM2AncestralDiscreteScheduler', { useKarrasSigmas: true }, 'Sampler: DPM2 a, Schedule type: Karras'],
    ['PNDMScheduler', { skipPrkSteps: true, timestepSpacing: 'leading' }, 'Sampler: PLMS'],
    [
      'PNDMScheduler',
      { skipPrkSteps: false },
      'Sampler: PNDMScheduler, Scheduler config: "{\\"skipPrkSteps\\":false}"',
    ],
    ['DDIMScheduler', { timestepSpacing: 'leading' }, 'Sampler: DDIM'],
    ['UniPCMultistepScheduler', { useKarrasSigmas: true }, 'Sampler: UniPC, Schedule type: Karras'],
  ])('%s %j is "%s"', (scheduler, config, text) => {
    expect(namesOf(scheduler, config)).toBe(text);
    expect(parseParameters(text)).toMatchObject({ scheduler, schedulerConfig: config });
  });

  test.each([
    ['Sampler: DPM++ 2M, Schedule type: Automatic', { useKarrasSigmas: true }],
    [
      'Sampler: DPM++ 2M SDE, Schedule type: Automatic',
      { useExponentialSigmas: true, useKarrasSigmas: false },
    ],
    ['Sampler: DPM++ 2M SDE Exponential', { useExponentialSigmas: true, algorithmType: 'sde-dpmsolver++' }],
    ['Sampler: DPM++ 2M SDE Heun Karras', { useKarrasSigmas: true, solverType: 'heun' }],
    ['Sampler: Euler, Schedule type: Simple', { timestepSpacing: 'trailing', useKarrasSigmas: false }],
    ['Sampler: Euler, Schedule type: Normal', { timestepSpacing: 'linspace' }],
  ])('"%s" reads as %j', (text, config) => {
    expect(parseParameters(text).schedulerConfig).toMatchObject(config);
  });

  test.each([
    ['Sampler: Euler a, Schedule type: Karras', 'EulerAncestralDiscreteScheduler'],
    ['Sampler: DDIM, Schedule type: Karras', 'DDIMScheduler'],
    ['Sampler: Euler, Schedule type: KL Optimal', 'EulerDiscreteScheduler'],
    ['Sampler: DPM adaptive, Schedule type: Karras', 'DPM adaptive'],
    ['Sampler: DPM++ 2S a Karras', 'DPM++ 2S a Karras'],
  ])('"%s" keeps what diffusers does not have as it is', (text, scheduler) => {
    const parsed = parseParameters(text);
    expect(parsed.scheduler).toBe(scheduler);
    expect(formatParameters(parsed)).toContain(text);
    const found = classes.find(({ definition }) => definition.className === scheduler);
    if (found) expect(() => found.fromConfig(MODEL, parsed.schedulerConfig)).not.toThrow();
  });

  test('holds numbers that JSON does not have', () => {
    const schedulerConfig = { lambdaMinClipped: -Infinity, trainedBetas: [0.1, 0.2], sigmaMin: null };
    const text = namesOf('DPMSolverMultistepScheduler', schedulerConfig);
    expect(parseParameters(text).schedulerConfig).toMatchObject(schedulerConfig);
  });
});

const choices = {
  algorithmType: ['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++'],
  solverOrder: [1, 2, 3],
  solverType: ['midpoint', 'heun'],
  sigmas: [undefined, 'useKarrasSigmas', 'useExponentialSigmas', 'useLuLambdas'],
  timestepSpacing: ['linspace', 'leading', 'trailing'],
  stepsOffset: [0, 1, 2],
  skipPrkSteps: [true, false],
  thresholding: [true, false],
  finalSigmasType: ['zero', 'sigma_min'],
  setAlphaToOne: [true, false],
};

describe('a scheduler that was written', () => {
  test('is built again from the parameters and the model, whatever its configuration', () => {
    const config = fc.record(
      Object.fromEntries(
        Object.entries(choices).map(([key, values]) => [key, fc.constantFrom<unknown>(...values)]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...classes), config, (of, { sigmas, ...given }) => {
        const known = Object.entries({
          ...given,
          ...(sigmas !== undefined && { [sigmas as string]: true }),
        }).filter(([key]) => key in of.definition.schema.shape);
        // MODEL's own, with which another schedule cannot be combined.
        const off = 'useKarrasSigmas' in of.definition.schema.shape && sigmas !== 'useKarrasSigmas';
        const overrides = { ...Object.fromEntries(known), ...(off && { useKarrasSigmas: false }) };
        let scheduler: Scheduler;
        try {
          scheduler = of.fromConfig(MODEL, overrides);
        } catch {
          fc.pre(false);
          return;
        }
        const written = formatParameters({
          prompt: 'x',
          scheduler: scheduler.className,
          schedulerConfig: writtenConfig(of, scheduler, of.fromConfig(MODEL)),
        });
        const read = parseParameters(written);
        expect(read.scheduler).toBe(scheduler.className);
        expect(of.fromConfig(MODEL, read.schedulerConfig).config).toEqual(scheduler.config);
      }),
      { numRuns: 2000 },
    );
  });
});
