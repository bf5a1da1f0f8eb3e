import { expect, it, vi } from 'vitest';

import { schedulerChoices, schedulersByName, schedulersCommand } from '../../../lib/cli/schedulers.js';
import {
  ConfigurableScheduler,
  DPMSolverMultistepScheduler,
  schedulerClassNames,
} from '../../../lib/schedulers/index.js';

it('the command line’s names make the schedulers they say', () => {
  const made = Object.entries(schedulersByName).map(([name, schedulerClass]) => [
    name,
    ConfigurableScheduler.fromConfig.call(schedulerClass, { beta_end: 0.012 }).className,
  ]);
  expect(Object.fromEntries(made)).toMatchObject({
    dpmpp: 'DPMSolverMultistepScheduler',
    'dpmpp-karras': 'DPMSolverMultistepScheduler',
    pndm: 'PNDMScheduler',
    ddim: 'DDIMScheduler',
    euler: 'EulerDiscreteScheduler',
    'euler-a': 'EulerAncestralDiscreteScheduler',
    heun: 'HeunDiscreteScheduler',
    dpm2: 'KDPM2DiscreteScheduler',
    'dpm2-a': 'KDPM2AncestralDiscreteScheduler',
    'dpmpp-sde': 'DPMSolverSDEScheduler',
    lms: 'LMSDiscreteScheduler',
    lcm: 'LCMScheduler',
    tcd: 'TCDScheduler',
    ddpm: 'DDPMScheduler',
  });
  expect(made.map(([, className]) => className)).toEqual(schedulerChoices.map(({ className }) => className));
});

it('every class has a name, and every name sets what it says', () => {
  const named = new Set(schedulerChoices.map(({ className }) => className));
  expect(schedulerClassNames.filter((className) => !named.has(className))).toEqual([]);
  for (const { name, config = {} } of schedulerChoices) {
    const made = ConfigurableScheduler.fromConfig.call(schedulersByName[name]!, { use_beta_sigmas: true });
    expect(made.config).toMatchObject(config);
  }
});

it('openvino-diffusers schedulers lists names, classes and descriptions', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await schedulersCommand().parseAsync([], { from: 'user' });
  await schedulersCommand().parseAsync(['--json'], { from: 'user' });
  const [[text], [json]] = log.mock.calls as [[string], [string]];
  log.mockRestore();
  expect(text.split('\n')).toHaveLength(schedulerChoices.length);
  expect(text).toMatch(/^euler-a +EulerAncestralDiscreteScheduler +Adds noise/m);
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(schedulerChoices)));
});

it('dpmpp-karras is DPM-Solver++ with Karras sigmas, whatever the model says', () => {
  const make = (config: object) =>
    ConfigurableScheduler.fromConfig.call(schedulersByName['dpmpp-karras']!, config);
  const made = make({
    _class_name: 'DPMSolverMultistepScheduler',
    use_karras_sigmas: false,
    beta_end: 0.012,
  });
  expect(made.config).toEqual(
    new DPMSolverMultistepScheduler({ useKarrasSigmas: true, betaEnd: 0.012 }).config,
  );
  expect(made.clone().config).toEqual(made.config);
});
