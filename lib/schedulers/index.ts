/**
 * diffusers' schedulers alone, without native code.
 *
 * @module openvino-diffusers/schedulers
 */

export { ConfigurableScheduler, type SchedulerClass } from './configurable-scheduler.js';
export { correctScheduler, correctSchedulerFile } from './correct-scheduler.js';
export { DDIMScheduler, type DDIMConfig } from './ddim.js';
export type { DPMSolverMultistepConfig } from './dpm-solver-config.js';
export { DPMSolverMultistepScheduler } from './dpm-solver-multistep.js';
export {
  EulerAncestralDiscreteScheduler,
  type EulerAncestralDiscreteConfig,
} from './euler-ancestral-discrete.js';
export { EulerDiscreteScheduler, type EulerDiscreteConfig } from './euler-discrete.js';
export type {
  ClippingConfig,
  NoiseConfig,
  ThresholdingConfig,
  TimestepSpacing,
  ZeroSnrConfig,
} from './noise-config.js';
export { PNDMScheduler, type PNDMConfig } from './pndm.js';
export {
  createScheduler,
  hasSchedulerClass,
  schedulerClass,
  schedulerClassNames,
  schedulerFromConfig,
  schedulerFromPretrained,
} from './registry.js';
export type { SchedulerDefinition } from './scheduler-config.js';
export { Scheduler, type StepOptions, type StepOutput } from './scheduler.js';
export { beginIndexForStrength } from './strength.js';
export type { TimestepOptions } from './timestep-options.js';
export { UniPCMultistepScheduler, type UniPCMultistepConfig } from './uni-pc-multistep.js';
