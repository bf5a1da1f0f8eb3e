import { EulerScheduler } from './euler-scheduler.js';
import {
  choice,
  spacing,
  stableDiffusionNoiseKeys,
  stepsOffset,
  type StableDiffusionNoiseConfig,
  type TimestepSpacing,
} from './noise-config.js';
import type { NoiseScheduleConfig } from './noise-schedule.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import {
  requireNoSigmaSpacing,
  requireOneSigmaSpacing,
  sigmaSpacingKeys,
  sigmaToTimestep,
  spacedSigmas,
  type SigmaSpacingConfig,
} from './sigma-spacing.js';
import type { TimestepOptions } from './timestep-options.js';
import { spacedTimesteps, type SpacingConfig } from './timestep-spacing.js';

/** Config that the second-order schedulers from k-diffusion share. */
export interface KDiffusionConfig extends StableDiffusionNoiseConfig, SigmaSpacingConfig {
  /** What the UNet predicts: the noise or the velocity. Default: 'epsilon'. diffusers: `prediction_type`. */
  predictionType: 'epsilon' | 'v_prediction';
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

export const kDiffusionKeys = {
  ...stableDiffusionNoiseKeys,
  ...sigmaSpacingKeys,
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
};

/** Timesteps and the noise levels at them. */
export interface SigmaSchedule {
  /** May be fractions. */
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
}

/**
 * Base of the schedulers from k-diffusion (https://github.com/crowsonkb/k-diffusion) that space σ by their timesteps, or
 * as Karras et al., exponentially or by the beta distribution.
 */
export abstract class KDiffusionScheduler<
  Config extends NoiseScheduleConfig &
    SigmaSpacingConfig &
    SpacingConfig &
    Pick<KDiffusionConfig, 'timestepSpacing'> & {
      predictionType: 'epsilon' | 'sample' | 'v_prediction';
    },
> extends EulerScheduler<Config> {
  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    requireOneSigmaSpacing(this.config);
  }

  /** @throws InvalidArgumentError for timesteps in a config that computes them from σ, as in diffusers */
  protected override begin(count: number, { timesteps }: TimestepOptions): number[] {
    if (timesteps) requireNoSigmaSpacing(this.ownConfig);
    return this.beginAt((timesteps ?? spacedTimesteps(this.config, count)).map(Math.fround), count);
  }

  /**
   * Sets the noise levels of timesteps, from the noisiest down, and resets the state.
   *
   * @param count - the number of inference steps; rounding may have given one timestep more
   * @returns the value of `timesteps`
   */
  protected abstract beginAt(timesteps: readonly number[], count: number): number[];

  /** The config that spaces σ, which may hold the ends of another class; LMS and DPM-Solver SDE leave them out for Karras'. */
  protected spacingConfig(): SigmaSpacingConfig {
    return this.config;
  }

  /** The noise levels of timesteps, or those that the config asks for between the same ends and their timesteps. */
  protected scheduleOf(timesteps: readonly number[], count: number): SigmaSchedule {
    const sigmas = this.sigmasAt(timesteps);
    const respaced = spacedSigmas(this.spacingConfig(), sigmas.at(-1)!, sigmas[0]!, count);
    if (!respaced) return { timesteps, sigmas };
    return { timesteps: respaced.map(sigmaToTimestep(this.trainingSigmas)), sigmas: respaced };
  }
}

/** Every value but the first twice: a second-order scheduler visits each level after the first two times. */
export function interleaved(values: readonly number[]): number[] {
  return values.flatMap((value, i) => (i === 0 ? [value] : [value, value]));
}
