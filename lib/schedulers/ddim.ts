import { AlphaScheduler } from './alpha-scheduler.js';
import { addScaled, sumOfTwo } from './float32.js';
import {
  choice,
  clippingKeys,
  flag,
  noiseKeys,
  spacing,
  stepsOffset,
  thresholdingKeys,
  type ClippingConfig,
  type NoiseConfig,
  type ThresholdingConfig,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import { splitPrediction, type AlphaPrediction } from './prediction.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { limitOriginalSample } from './thresholding.js';

/** Config of {@link DDIMScheduler}. */
export interface DDIMConfig extends NoiseConfig, ZeroSnrConfig, ThresholdingConfig, ClippingConfig {
  /**
   * ᾱ after the last step: 1 (no noise left) if true, that of timestep 0 if false. Default: true. diffusers:
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
  timestepSpacing: TimestepSpacing;
}

const schema = configSchema<DDIMConfig>({
  ...noiseKeys,
  ...clippingKeys,
  setAlphaToOne: flag(true),
  stepsOffset,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  ...thresholdingKeys,
  timestepSpacing: spacing('leading'),
  rescaleBetasZeroSnr: flag(false),
});

const { fround } = Math;

/**
 * Denoising diffusion implicit models (Song et al., https://arxiv.org/abs/2010.02502); diffusers' `DDIMScheduler`.
 * Deterministic, or with `eta` above 0 adding noise at each step.
 *
 * @example
 * ```ts
 * pipeline.scheduler = DDIMScheduler.fromConfig(pipeline.scheduler.config, { timestepSpacing: 'trailing' });
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 30, eta: 0.5 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/ddim
 */
export class DDIMScheduler extends AlphaScheduler<DDIMConfig> {
  static readonly definition = { className: 'DDIMScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DDIMScheduler.definition, config);
  }

  /** Formulas 12 and 16 of the paper, whose α is ᾱ here; rounded to float32 as in torch. */
  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    this.requireTimestep(timestep);
    const previous = timestep - Math.floor(this.config.numTrainTimesteps / this.numInferenceSteps);
    const alpha = this.alphaAt(timestep);
    const previousAlpha = this.previousAlpha(previous);
    const beta = fround(1 - alpha);

    const { original, noise } = splitPrediction(this.config.predictionType, modelOutput, sample, alpha);
    const predOriginalSample = limitOriginalSample(original, options.batchSize ?? 1, this.config);
    const { eta = 0 } = options;
    const previousBeta = fround(1 - previousAlpha);
    const variance = fround(fround(previousBeta / beta) * fround(1 - fround(alpha / previousAlpha)));
    const deviation = fround(eta * fround(Math.sqrt(variance)));
    const direction = Math.sqrt(fround(previousBeta - fround(deviation ** 2)));
    const prevSample = sumOfTwo([Math.sqrt(previousAlpha), predOriginalSample], [direction, noise]);
    return {
      prevSample: eta > 0 ? addScaled(prevSample, deviation, this.requireNoise(options)) : prevSample,
      predOriginalSample,
    };
  }

  protected override begin(count: number): number[] {
    return this.integerTimesteps(count);
  }
}
