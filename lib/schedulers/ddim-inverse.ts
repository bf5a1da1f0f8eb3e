import { AlphaScheduler } from './alpha-scheduler.js';
import { clamp, sumOfTwo } from './float32.js';
import {
  choice,
  clippingKeys,
  flag,
  noiseKeys,
  stepsOffset,
  type ClippingConfig,
  type NoiseConfig,
  type ZeroSnrConfig,
} from './noise-config.js';
import { splitPrediction, type AlphaPrediction } from './prediction.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';

/** Config of {@link DDIMInverseScheduler}. */
export interface DDIMInverseConfig extends NoiseConfig, ZeroSnrConfig, ClippingConfig {
  /**
   * ᾱ before the first step: 1 (no noise yet) if true, that of timestep 0 if false. Default: true. diffusers:
   * `set_alpha_to_one`.
   */
  setAlphaToOne: boolean;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: AlphaPrediction;
  /** Spacing of the timesteps. Default: 'leading'. diffusers: `timestep_spacing`. */
  timestepSpacing: 'leading' | 'trailing';
}

const schema = configSchema<DDIMInverseConfig>({
  ...noiseKeys,
  ...clippingKeys,
  setAlphaToOne: flag(true),
  stepsOffset,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  timestepSpacing: choice(['leading', 'trailing'], 'leading'),
  rescaleBetasZeroSnr: flag(false),
});

const { fround } = Math;

/**
 * DDIM backwards, from an image to the noise that DDIM makes it of (Dhariwal & Nichol, https://arxiv.org/abs/2105.05233,
 * appendix F): `timesteps` ascend, and each step adds predicted noise; diffusers' `DDIMInverseScheduler`.
 *
 * @example
 * ```ts
 * const inverse = DDIMInverseScheduler.fromConfig(pipeline.scheduler.config);
 * inverse.setTimesteps(50);
 * inverse.timesteps; // [1, 21, …, 981]
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/ddim_inverse
 */
export class DDIMInverseScheduler extends AlphaScheduler<DDIMInverseConfig> {
  static readonly definition = { className: 'DDIMInverseScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DDIMInverseScheduler.definition, config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    _options: StepOptions = {},
  ): StepOutput {
    this.requireTimestep(timestep);
    const { numTrainTimesteps, predictionType, clipSample, clipSampleRange } = this.config;
    const from = timestep - Math.floor(numTrainTimesteps / this.numInferenceSteps);
    const alpha = this.previousAlpha(Math.min(from, numTrainTimesteps - 1));
    const alphaTo = this.alphaAt(timestep);
    const { original, noise } = splitPrediction(predictionType, modelOutput, sample, alpha);
    const predOriginalSample = clipSample ? clamp(original, clipSampleRange) : original;
    const prevSample = sumOfTwo(
      [Math.sqrt(alphaTo), predOriginalSample],
      [Math.sqrt(fround(1 - alphaTo)), noise],
    );
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    return this.integerTimesteps(count).reverse();
  }
}
