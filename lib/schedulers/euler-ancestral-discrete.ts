import { ancestralSigmas } from './ancestral-sigmas.js';
import { EulerScheduler } from './euler-scheduler.js';
import { addScaled, eulerStep } from './float32.js';
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
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { spacedTimesteps } from './timestep-spacing.js';

/** Config of {@link EulerAncestralDiscreteScheduler}. */
export interface EulerAncestralDiscreteConfig extends NoiseConfig, ZeroSnrConfig {
  /** What the UNet predicts: the noise or the velocity. Default: 'epsilon'. diffusers: `prediction_type`. */
  predictionType: 'epsilon' | 'v_prediction';
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

const schema = configSchema<EulerAncestralDiscreteConfig>({
  ...noiseKeys,
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

const { fround } = Math;

/**
 * Ancestral sampling with Euler's method, "Euler a": each step goes below the next noise level and adds fresh noise.
 * From k-diffusion (https://github.com/crowsonkb/k-diffusion); diffusers' `EulerAncestralDiscreteScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = EulerAncestralDiscreteScheduler.fromConfig(pipeline.scheduler.config);
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/euler_ancestral
 */
export class EulerAncestralDiscreteScheduler extends EulerScheduler<EulerAncestralDiscreteConfig> {
  static readonly definition = { className: 'EulerAncestralDiscreteScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EulerAncestralDiscreteScheduler.definition, config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const from = this.sigmas[index]!;
    const { down, up } = ancestralSigmas(from, this.sigmas[index + 1]!);

    const predOriginalSample = this.originalSample(modelOutput, sample, from);
    const stepped = eulerStep(sample, predOriginalSample, from, down - from);
    const prevSample = addScaled(stepped, up, this.requireNoise(options));
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    const timesteps = spacedTimesteps(this.config, count).map(fround);
    this.setSigmas(this.sigmasAt(timesteps), 0);
    return timesteps;
  }
}
