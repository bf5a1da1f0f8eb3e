import { createScheduler, type Scheduler } from '../schedulers/index.js';

/** Schedulers by their names on the command line, each made from another scheduler's config. */
export const schedulersByName = {
  dpmpp: (config: object): Scheduler => createScheduler('DPMSolverMultistepScheduler', config),
  'dpmpp-karras': (config: object): Scheduler =>
    createScheduler('DPMSolverMultistepScheduler', config, { useKarrasSigmas: true }),
  pndm: (config: object): Scheduler => createScheduler('PNDMScheduler', config),
  ddim: (config: object): Scheduler => createScheduler('DDIMScheduler', config),
  euler: (config: object): Scheduler => createScheduler('EulerDiscreteScheduler', config),
  'euler-a': (config: object): Scheduler => createScheduler('EulerAncestralDiscreteScheduler', config),
} as const;
