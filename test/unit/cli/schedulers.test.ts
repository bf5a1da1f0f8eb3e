import { expect, it } from 'vitest';

import { schedulersByName } from '../../../lib/cli/schedulers.js';

it('the command line’s names make the schedulers they say', () => {
  const made = Object.entries(schedulersByName).map(([name, make]) => [
    name,
    make({ beta_end: 0.012 }).className,
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
