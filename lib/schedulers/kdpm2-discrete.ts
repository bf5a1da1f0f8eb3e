import { kDiffusionKeys, type KDiffusionConfig } from './k-diffusion-scheduler.js';
import { KDPM2Scheduler, middleSigma, type MidpointStep } from './kdpm2-scheduler.js';
import { configSchema } from './scheduler-config.js';

/** Config of {@link KDPM2DiscreteScheduler}. */
export type KDPM2DiscreteConfig = KDiffusionConfig;

const schema = configSchema<KDPM2DiscreteConfig>(kDiffusionKeys);

/**
 * The midpoint method over noise levels, "DPM2": inspired by DPM-Solver-2 and EDM (Karras et al.,
 * https://arxiv.org/abs/2206.00364); diffusers' `KDPM2DiscreteScheduler`. Of second order: each step but the last
 * calls the UNet twice, the second time at a timestep in the middle, which `timesteps` lists too.
 *
 * @example
 * ```ts
 * // "DPM2 Karras"
 * pipeline.scheduler = KDPM2DiscreteScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/dpm_discrete
 */
export class KDPM2DiscreteScheduler extends KDPM2Scheduler {
  static readonly definition = { className: 'KDPM2DiscreteScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(KDPM2DiscreteScheduler.definition, config);
  }

  protected override midpointStep(from: number, to: number): MidpointStep {
    return { from, middle: middleSigma(to, from), down: to, up: 0 };
  }
}
