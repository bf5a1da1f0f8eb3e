import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
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
import {
  requireNoSigmaSpacing,
  requireOneSigmaSpacing,
  sigmaSpacingKeys,
  sigmaToTimestep,
  spacedSigmas,
  type SigmaSpacingConfig,
} from './sigma-spacing.js';
import type { TimestepOptions } from './timestep-options.js';
import { spacedTimesteps } from './timestep-spacing.js';

/** Config of {@link EulerDiscreteScheduler}. */
export interface EulerDiscreteConfig extends NoiseConfig, ZeroSnrConfig, SigmaSpacingConfig {
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
  /** The least σ of Karras, exponential or beta spacing; null for the schedule's own. Default: null. diffusers: `sigma_min`. */
  sigmaMin: number | null;
  /** The largest σ of such spacing; null for the schedule's own. Default: null. diffusers: `sigma_max`. */
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
  ...sigmaSpacingKeys,
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
    unsupported: {},
    timestepOptions: ['timesteps', 'sigmas'] as const,
    aliases: { predictionType: { original_sample: 'sample' } },
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EulerDiscreteScheduler.definition, config);
    requireOneSigmaSpacing(this.config);
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

  /** @throws InvalidArgumentError for timesteps in a config that computes them from σ, as in diffusers */
  protected override begin(count: number, options: TimestepOptions): number[] {
    if (options.sigmas) return this.#beginAtSigmas(options.sigmas);
    const { interpolationType, finalSigmasType } = this.config;
    if (options.timesteps) this.#requireTimestepsToCount();
    let timesteps = (options.timesteps ?? spacedTimesteps(this.config, count)).map(Math.fround);
    let sigmas = interpolationType === 'linear' ? this.sigmasAt(timesteps) : this.#logLinearSigmas(count);
    const min = this.config.sigmaMin ?? sigmas.at(-1)!;
    const max = this.config.sigmaMax ?? sigmas[0]!;
    const spaced = spacedSigmas(this.config, min, max, count);
    if (spaced) {
      sigmas = spaced;
      timesteps = sigmas.map(sigmaToTimestep(this.trainingSigmas)).map(Math.fround);
    }
    this.setSigmas(sigmas, finalSigmasType === 'zero' ? 0 : this.trainingSigmas[0]!);
    return this.#isContinuous() ? this.#continuousTimesteps(sigmas) : timesteps;
  }

  /** Custom noise levels, of which the last is the one after the last step. */
  #beginAtSigmas(given: readonly number[]): number[] {
    if (given.length < 2) {
      throw new InvalidArgumentError(
        `Expected at least two sigmas, the last of which follows the last step, but received ${given.length}`,
      );
    }
    const levels = given.map(Math.fround);
    const sigmas = levels.slice(0, -1);
    this.setSigmas(sigmas, levels.at(-1)!);
    if (this.#isContinuous()) return this.#continuousTimesteps(sigmas);
    return sigmas.map(sigmaToTimestep(this.trainingSigmas)).map(Math.fround);
  }

  #isContinuous(): boolean {
    return this.config.timestepType === 'continuous' && this.config.predictionType === 'v_prediction';
  }

  #continuousTimesteps(sigmas: readonly number[]): number[] {
    return sigmas.map((sigma) => Math.fround(0.25 * Math.log(Math.fround(sigma))));
  }

  #requireTimestepsToCount(): void {
    requireNoSigmaSpacing(this.ownConfig);
    if (!this.#isContinuous()) return;
    throw new InvalidArgumentError(
      "timesteps cannot be given with timestepType 'continuous' and predictionType 'v_prediction', which compute them from sigmas",
    );
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
