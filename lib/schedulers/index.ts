export { DDIMScheduler, type DDIMConfig } from './ddim.js';
export { DPMSolverMultistepScheduler, type DPMSolverMultistepConfig } from './dpm-solver-multistep.js';
export {
  EulerAncestralDiscreteScheduler,
  type EulerAncestralDiscreteConfig,
} from './euler-ancestral-discrete.js';
export { EulerDiscreteScheduler, type EulerDiscreteConfig } from './euler-discrete.js';
export { PNDMScheduler, type PNDMConfig } from './pndm.js';
export { schedulerFromConfig, schedulerFromPretrained, schedulersByName } from './registry.js';
export { Scheduler, type SchedulerClass, type StepOptions, type StepOutput } from './scheduler.js';
