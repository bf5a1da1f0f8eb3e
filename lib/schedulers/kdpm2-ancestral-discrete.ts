import { InvalidArgumentError } from '../common/errors.js';
import { ancestralSigmas } from './ancestral-sigmas.js';
import { kDiffusionKeys, type KDiffusionConfig } from './k-diffusion-scheduler.js';
import { KDPM2Scheduler, middleSigma, type MidpointStep } from './kdpm2-scheduler.js';
import { configSchema } from './scheduler-config.js';

/** Config of {@link KDPM2AncestralDiscreteScheduler}. */
export type KDPM2AncestralDiscreteConfig = KDiffusionConfig;

const schema = configSchema<KDPM2AncestralDiscreteConfig>(kDiffusionKeys);

/**
 * Ancestral sampling with the midpoint method, "DPM2 a": each step goes below the next noise level and adds fresh noise.
 * From k-diffusion (https://github.com/crowsonkb/k-diffusion); diffusers' `KDPM2AncestralDiscreteScheduler`. Of second
 * order: each step but the last calls the UNet twice, the second time at a timestep in the middle, which `timesteps`
 * lists too.
 *
 * @example
 * ```ts
 * pipeline.scheduler = KDPM2AncestralDiscreteScheduler.fromConfig(pipeline.scheduler.config);
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/dpm_discrete_ancestral
 */
export class KDPM2AncestralDiscreteScheduler extends KDPM2Scheduler {
  static readonly definition = { className: 'KDPM2AncestralDiscreteScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(KDPM2AncestralDiscreteScheduler.definition, config);
  }

  /** @throws InvalidArgumentError where rounding leaves nothing between two levels; diffusers gives NaN then */
  protected override midpointStep(from: number, to: number): MidpointStep {
    const { down, up } = ancestralSigmas(from, to);
    if (down === 0) {
      throw new InvalidArgumentError(
        `${this.className} cannot take so few steps: one from σ ${from} to ${to} has no middle. Use more steps.`,
      );
    }
    return { from, middle: middleSigma(from, down), down, up };
  }
}
