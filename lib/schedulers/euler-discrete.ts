import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import { choice, flag, noiseKeys, stepsOffset } from './common-config.js';
import { EulerScheduler } from './euler-scheduler.js';
import { linspaceF32, weightedSum } from './numeric.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { exponentialSigmas, karrasSigmas, sigmaToTimestep } from './sigma-spacing.js';
import { spacedTimesteps } from './timestep-spacing.js';

const schema = z.strictObject({
  ...noiseKeys,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  interpolationType: choice(['linear', 'log_linear'], 'linear'),
  useKarrasSigmas: flag(false),
  useExponentialSigmas: flag(false),
  sigmaMin: z.number().positive().nullable().default(null).describe('a positive number or null'),
  sigmaMax: z.number().positive().nullable().default(null).describe('a positive number or null'),
  timestepSpacing: choice(['linspace', 'leading', 'trailing'], 'linspace'),
  timestepType: choice(['discrete', 'continuous'], 'discrete'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
});

/** Configuration of {@link EulerDiscreteScheduler}. */
export type EulerDiscreteConfig = z.output<typeof schema>;

/**
 * Euler's method over noise levels, algorithm 2 of EDM without churn.
 *
 * @see https://arxiv.org/abs/2206.00364
 * @see https://huggingface.co/docs/diffusers/api/schedulers/euler
 */
export class EulerDiscreteScheduler extends EulerScheduler<EulerDiscreteConfig> {
  static readonly definition = {
    className: 'EulerDiscreteScheduler',
    schema,
    refused: { useBetaSigmas: false },
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
    // sample + (sample − original) / σ · (σ′ − σ)
    const slope = (this.sigmas[index + 1]! - sigma) / sigma;
    const prevSample = weightedSum([1 + slope, sample], [-slope, predOriginalSample]);
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    const { interpolationType, useKarrasSigmas, useExponentialSigmas, finalSigmasType } = this.config;
    let timesteps = spacedTimesteps(this.config, count).map(Math.fround);
    let sigmas = interpolationType === 'linear' ? this.sigmasAt(timesteps) : this.#logLinear(count);
    if (useKarrasSigmas || useExponentialSigmas) {
      const min = this.config.sigmaMin ?? sigmas.at(-1)!;
      const max = this.config.sigmaMax ?? sigmas[0]!;
      sigmas = (useKarrasSigmas ? karrasSigmas : exponentialSigmas)(min, max, count);
      timesteps = sigmas.map(sigmaToTimestep(this.training)).map(Math.fround);
    }
    const last = finalSigmasType === 'zero' ? 0 : this.training[0]!;
    this.startFrom(sigmas, last);
    const continuous =
      this.config.timestepType === 'continuous' && this.config.predictionType === 'v_prediction';
    return continuous ? sigmas.map((sigma) => Math.fround(0.25 * Math.log(Math.fround(sigma)))) : timesteps;
  }

  /** One level more than steps, the first being the model's least. diffusers' order, kept for its pictures. */
  #logLinear(count: number): number[] {
    const logs = linspaceF32(Math.log(this.training.at(-1)!), Math.log(this.training[0]!), count + 1);
    return Array.from(logs, (log) => Math.fround(Math.exp(log)));
  }
}
