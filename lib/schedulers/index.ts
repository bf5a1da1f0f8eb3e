/**
 * diffusers' schedulers alone, without native code.
 *
 * @module openvino-diffusers/schedulers
 */

export { ConfigurableScheduler, type SchedulerClass } from './configurable-scheduler.js';
export type { ConsistencyConfig } from './consistency-scheduler.js';
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
  StableDiffusionNoiseConfig,
  ThresholdingConfig,
  TimestepSpacing,
  ZeroSnrConfig,
} from './noise-config.js';
export { DDIMInverseScheduler, type DDIMInverseConfig } from './ddim-inverse.js';
export type { VarianceType } from './ddpm-variance.js';
export { DDPMScheduler, type DDPMConfig } from './ddpm.js';
export { DPMSolverSDEScheduler, type DPMSolverSDEConfig } from './dpm-solver-sde.js';
export {
  EDMDPMSolverMultistepScheduler,
  type EDMDPMSolverMultistepConfig,
} from './edm-dpm-solver-multistep.js';
export type { EDMConfig } from './edm-scheduler.js';
export { EDMEulerScheduler, type EDMEulerConfig } from './edm-euler.js';
export { HeunDiscreteScheduler, type HeunDiscreteConfig } from './heun-discrete.js';
export {
  KDPM2AncestralDiscreteScheduler,
  type KDPM2AncestralDiscreteConfig,
} from './kdpm2-ancestral-discrete.js';
export { KDPM2DiscreteScheduler, type KDPM2DiscreteConfig } from './kdpm2-discrete.js';
export type { KDiffusionConfig } from './k-diffusion-scheduler.js';
export { LCMScheduler, type LCMConfig } from './lcm.js';
export { LMSDiscreteScheduler, type LMSDiscreteConfig } from './lms-discrete.js';
export { TCDScheduler, type TCDConfig } from './tcd.js';
export { PNDMScheduler, type PNDMConfig } from './pndm.js';
export {
  createScheduler,
  hasSchedulerClass,
  schedulerClassNames,
  schedulerFromConfig,
  schedulerFromPretrained,
} from './registry.js';
export type { SchedulerDefinition } from './scheduler-config.js';
export { Scheduler, type StepOptions, type StepOutput } from './scheduler.js';
export type { SigmaSpacingConfig } from './sigma-spacing.js';
export type { SchedulerLocation } from './scheduler-location.js';
export { beginIndexForStrength } from './strength.js';
export type { TimestepOptions } from './timestep-options.js';
export { UniPCMultistepScheduler, type UniPCMultistepConfig } from './uni-pc-multistep.js';
export { DEISMultistepScheduler, type DEISMultistepConfig } from './deis-multistep.js';
export { DPMSolverSinglestepScheduler, type DPMSolverSinglestepConfig } from './dpm-solver-singlestep.js';
export { setSchedule } from './set-schedule.js';
