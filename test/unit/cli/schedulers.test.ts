import { expect, it } from 'vitest';

import { schedulersByName } from '../../../lib/cli/schedulers.js';
import { ConfigurableScheduler, DPMSolverMultistepScheduler } from '../../../lib/schedulers/index.js';

it('the command line’s names make the schedulers they say', () => {
  const made = Object.entries(schedulersByName).map(([name, schedulerClass]) => [
    name,
    ConfigurableScheduler.fromConfig.call(schedulerClass, { beta_end: 0.012 }).className,
  ]);
  expect(Object.fromEntries(made)).toEqual({
    dpmpp: 'DPMSolverMultistepScheduler',
    'dpmpp-karras': 'DPMSolverMultistepScheduler',
    pndm: 'PNDMScheduler',
    ddim: 'DDIMScheduler',
    euler: 'EulerDiscreteScheduler',
    'euler-a': 'EulerAncestralDiscreteScheduler',
  });
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
