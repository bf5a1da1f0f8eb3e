import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { AlphaScheduler } from './alpha-scheduler.js';
import {
  choice,
  clippingKeys,
  flag,
  spacing,
  stableDiffusionNoiseKeys,
  stepsOffset,
  thresholdingKeys,
  type ClippingConfig,
  type NoiseConfig,
  type StableDiffusionNoiseConfig,
  type ThresholdingConfig,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import type { AlphaPrediction } from './prediction.js';
import { configSchema } from './scheduler-config.js';
import type { TimestepOptions } from './timestep-options.js';

/** Config of the schedulers for models distilled by consistency, {@link LCMScheduler} and {@link TCDScheduler}. */
export interface ConsistencyConfig
  extends StableDiffusionNoiseConfig, ZeroSnrConfig, ThresholdingConfig, ClippingConfig {
  /**
   * How β grows between them: 'linear', 'scaled_linear' (√β grows linearly: Stable Diffusion) or 'squaredcos_cap_v2'
   * (cosine schedule of Improved DDPM, which ignores both). Default: 'scaled_linear'. diffusers: `beta_schedule`.
   */
  betaSchedule: NoiseConfig['betaSchedule'];
  /**
   * Timesteps that the model was distilled at, spread evenly over those of training; those of a generation are chosen
   * from them. From 1 to `numTrainTimesteps`. Default: 50. diffusers: `original_inference_steps`.
   */
  originalInferenceSteps: number;
  /**
   * Whether to clip the predicted image to ±`clipSampleRange`; for pixel-space models, false for Stable Diffusion.
   * Default: false. diffusers: `clip_sample`.
   */
  clipSample: boolean;
  /** ᾱ after the last step; without effect, as in diffusers. Default: true. diffusers: `set_alpha_to_one`. */
  setAlphaToOne: boolean;
  /** Without effect, as in diffusers. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: AlphaPrediction;
  /** Without effect, as in diffusers. Default: 'leading'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /**
   * What timesteps are multiplied by in the weights that keep the image as it is at timestep 0. Default: 10. diffusers:
   * `timestep_scaling`.
   */
  timestepScaling: number;
}

export const consistencySchema = configSchema<ConsistencyConfig>({
  ...stableDiffusionNoiseKeys,
  ...clippingKeys,
  ...thresholdingKeys,
  betaSchedule: choice(['linear', 'scaled_linear', 'squaredcos_cap_v2'], 'scaled_linear').describe(
    "'linear', 'scaled_linear' or 'squaredcos_cap_v2'",
  ),
  originalInferenceSteps: z.int().min(1).max(100_000).default(50).describe('integer between 1 and 100000'),
  clipSample: flag(false),
  setAlphaToOne: flag(true),
  stepsOffset,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('leading'),
  timestepScaling: z.number().default(10).describe('a number'),
  rescaleBetasZeroSnr: flag(false),
});

/** What `setTimesteps` takes besides a number of steps. */
export const consistencyTimestepOptions = ['timesteps', 'originalInferenceSteps', 'strength'] as const;

/** Base of the schedulers whose timesteps are some of those that a model was distilled at: LCM, TCD. */
export abstract class ConsistencyScheduler extends AlphaScheduler<ConsistencyConfig> {
  /** @throws InvalidArgumentError for more steps than `originalInferenceSteps` and `strength` leave, and wrong options */
  protected override begin(count: number, options: TimestepOptions): number[] {
    const { timesteps, strength = 1 } = options;
    if (!(strength > 0 && strength <= 1))
      throw wrongValue('a number above 0, at most 1', 'strength', strength);
    if (timesteps) {
      const taken = Math.floor(count * strength);
      if (taken > 0) return this.customTimesteps(timesteps).slice(count - taken);
      throw wrongValue(`a number from ${1 / count} (one of ${count} timesteps)`, 'strength', strength);
    }
    const original = this.originalTimesteps(options.originalInferenceSteps, strength).reverse();
    if (count <= original.length) {
      const ratio = original.length / count;
      return Array.from({ length: count }, (_, i) => original[Math.floor(i * ratio)]!);
    }
    throw new InvalidArgumentError(
      `${this.className} cannot take ${count} steps: its timesteps are chosen from the ${original.length} that the ` +
        'model was distilled at (originalInferenceSteps, of which strength takes a share). Use at most as many steps.',
    );
  }

  /**
   * The timesteps the model was distilled at, ascending.
   *
   * @param given - in place of the config's number of them
   * @param strength - the share of them to return
   */
  protected originalTimesteps(given: number | undefined, strength: number): number[] {
    const { numTrainTimesteps, originalInferenceSteps } = this.config;
    const steps = given ?? originalInferenceSteps;
    if (!Number.isInteger(steps) || steps < 1 || steps > numTrainTimesteps) {
      const allowed = `integer between 1 and ${numTrainTimesteps} (numTrainTimesteps)`;
      throw wrongValue(allowed, 'originalInferenceSteps', steps);
    }
    const ratio = Math.floor(numTrainTimesteps / steps);
    return Array.from({ length: Math.floor(steps * strength) }, (_, i) => (i + 1) * ratio - 1);
  }
}
