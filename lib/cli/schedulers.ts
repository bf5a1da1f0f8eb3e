import {
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  type SchedulerClass,
} from '../schedulers/index.js';

/** DPM-Solver++ with the sigmas of Karras et al., which many models look best with. */
class KarrasDPMSolverMultistepScheduler extends DPMSolverMultistepScheduler {
  constructor(config: object = {}) {
    super({ ...config, useKarrasSigmas: true });
  }
}

/** Schedulers by their names on the command line; each takes the config of the model's own. */
export const schedulersByName: Readonly<Record<string, SchedulerClass>> = {
  dpmpp: DPMSolverMultistepScheduler,
  'dpmpp-karras': KarrasDPMSolverMultistepScheduler,
  pndm: PNDMScheduler,
  ddim: DDIMScheduler,
  euler: EulerDiscreteScheduler,
  'euler-a': EulerAncestralDiscreteScheduler,
};
