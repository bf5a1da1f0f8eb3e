import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import { EulerScheduler } from './euler-scheduler.js';
import { eulerStep } from './float32.js';
import {
  choice,
  flag,
  noiseKeys,
  spacing,
  stepsOffset,
  type NoiseConfig,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import { linspaceF32 } from './numeric.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { exponentialSigmas, karrasSigmas, sigmaToTimestep } from './sigma-spacing.js';
import { spacedTimesteps } from './timestep-spacing.js';

/** Config of {@link EulerDiscreteScheduler}. */
export interface EulerDiscreteConfig extends NoiseConfig, ZeroSnrConfig {
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
  /**
   * How σ is interpolated between training timesteps: linearly, or in its logarithm. Default: 'linear'. diffusers:
   * `interpolation_type`.
   */
  interpolationType: 'linear' | 'log_linear';
  /** Whether to space σ as Karras et al. Default: false. diffusers: `use_karras_sigmas`. */
  useKarrasSigmas: boolean;
  /** Whether to space σ evenly in its logarithm. Default: false. diffusers: `use_exponential_sigmas`. */
  useExponentialSigmas: boolean;
  /** The least σ of Karras or exponential spacing; null for the schedule's own. Default: null. diffusers: `sigma_min`. */
  sigmaMin: number | null;
  /** The largest σ of Karras or exponential spacing; null for the schedule's own. Default: null. diffusers: `sigma_max`. */
  sigmaMax: number | null;
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /**
   * What the UNet is conditioned on with 'v_prediction': the timestep ('discrete') or log(σ) / 4 ('continuous').
   * Default: 'discrete'. diffusers: `timestep_type`.
   */
  timestepType: 'discrete' | 'continuous';
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
  /** σ after the last step: 0, or the least one of training. Default: 'zero'. diffusers: `final_sigmas_type`. */
  finalSigmasType: 'zero' | 'sigma_min';
}

const schema = configSchema<EulerDiscreteConfig>({
  ...noiseKeys,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  interpolationType: choice(['linear', 'log_linear'], 'linear'),
  useKarrasSigmas: flag(false),
  useExponentialSigmas: flag(false),
  sigmaMin: z.number().positive().nullable().default(null).describe('a positive number or null'),
  sigmaMax: z.number().positive().nullable().default(null).describe('a positive number or null'),
  timestepSpacing: spacing('linspace'),
  timestepType: choice(['discrete', 'continuous'], 'discrete'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
});

/**
 * Euler's method over noise levels: algorithm 2 of EDM (Karras et al., https://arxiv.org/abs/2206.00364) without
 * churn; diffusers' `EulerDiscreteScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = EulerDiscreteScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/euler
 */
export class EulerDiscreteScheduler extends EulerScheduler<EulerDiscreteConfig> {
  static readonly definition = {
    className: 'EulerDiscreteScheduler',
    schema,
    unsupported: { useBetaSigmas: [true] },
    aliases: { predictionType: { original_sample: 'sample' } },
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EulerDiscreteScheduler.definition, config);
    const { useKarrasSigmas, useExponentialSigmas } = this.config;
    if (useKarrasSigmas && useExponentialSigmas) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        'Only one of useKarrasSigmas and useExponentialSigmas can be set',
      );
    }
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    _options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const sigma = this.sigmas[index]!;
    const predOriginalSample = this.originalSample(modelOutput, sample, sigma);
    const prevSample = eulerStep(sample, predOriginalSample, sigma, this.sigmas[index + 1]! - sigma);
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    const { interpolationType, useKarrasSigmas, useExponentialSigmas, finalSigmasType } = this.config;
    let timesteps = spacedTimesteps(this.config, count).map(Math.fround);
    let sigmas = interpolationType === 'linear' ? this.sigmasAt(timesteps) : this.#logLinearSigmas(count);
    if (useKarrasSigmas || useExponentialSigmas) {
      const min = this.config.sigmaMin ?? sigmas.at(-1)!;
      const max = this.config.sigmaMax ?? sigmas[0]!;
      sigmas = (useKarrasSigmas ? karrasSigmas : exponentialSigmas)(min, max, count);
      timesteps = sigmas.map(sigmaToTimestep(this.trainingSigmas)).map(Math.fround);
    }
    const last = finalSigmasType === 'zero' ? 0 : this.trainingSigmas[0]!;
    this.setSigmas(sigmas, last);
    const continuous =
      this.config.timestepType === 'continuous' && this.config.predictionType === 'v_prediction';
    return continuous ? sigmas.map((sigma) => Math.fround(0.25 * Math.log(Math.fround(sigma)))) : timesteps;
  }

  /** One level more than there are steps, of which the last is the least of training; as diffusers. */
  #logLinearSigmas(count: number): number[] {
    const logs = linspaceF32(
      Math.log(this.trainingSigmas.at(-1)!),
      Math.log(this.trainingSigmas[0]!),
      count + 1,
    );
    return Array.from(logs, (log) => Math.fround(Math.exp(log)));
  }
}
