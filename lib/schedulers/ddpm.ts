import { AlphaScheduler } from './alpha-scheduler.js';
import {
  fixedDeviation,
  learnedNoise,
  splitVariance,
  varianceBounds,
  type VarianceType,
} from './ddpm-variance.js';
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
import type { TimestepOptions } from './timestep-options.js';
import { limitOriginalSample } from './thresholding.js';

/** Config of {@link DDPMScheduler}. */
export interface DDPMConfig
  extends Omit<NoiseConfig, 'betaSchedule'>, ZeroSnrConfig, ThresholdingConfig, ClippingConfig {
  /**
   * How β grows between them: 'linear', 'scaled_linear' (√β grows linearly: Stable Diffusion), 'sigmoid',
   * 'squaredcos_cap_v2' (cosine schedule of Improved DDPM) or 'laplace'; the last two ignore both. Default: 'linear'.
   * diffusers: `beta_schedule`.
   */
  betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2' | 'laplace' | 'sigmoid';
  /**
   * The variance of the noise added at each step: the least or largest that can be right ('fixed_small' and
   * 'fixed_large', of which '_log' gives the same numbers), or what the UNet predicts in further channels ('learned'),
   * between both ('learned_range'). Default: 'fixed_small'. diffusers: `variance_type`, where 'fixed_small_log' is the
   * same and 'fixed_large_log' gives NaN.
   */
  varianceType: VarianceType;
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: AlphaPrediction;
  /** Spacing of the timesteps. Default: 'leading'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

const schema = configSchema<DDPMConfig>({
  ...noiseKeys,
  ...clippingKeys,
  ...thresholdingKeys,
  betaSchedule: choice(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'laplace', 'sigmoid'], 'linear'),
  varianceType: choice(
    ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', 'learned', 'learned_range'],
    'fixed_small',
  ),
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('leading'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

const { fround } = Math;

/**
 * Denoising diffusion probabilistic models (Ho et al., https://arxiv.org/abs/2006.11239): adds noise at each step and
 * needs many; diffusers' `DDPMScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = DDPMScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 250 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/ddpm
 */
export class DDPMScheduler extends AlphaScheduler<DDPMConfig> {
  static readonly definition = {
    className: 'DDPMScheduler',
    schema,
    unsupported: {},
    timestepOptions: ['timesteps'] as const,
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DDPMScheduler.definition, config);
  }

  /**
   * Formulas 6 and 7 of the paper.
   *
   * @param modelOutput - with a learned variance of twice the sample's size: for each image the prediction, then the
   * variance
   */
  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    this.requireTimestep(timestep);
    const { predictionType, varianceType } = this.config;
    const batchSize = options.batchSize ?? 1;
    const { output, variance } = varianceType.startsWith('learned')
      ? splitVariance(modelOutput, sample, batchSize)
      : { output: modelOutput };
    const previous = this.schedule[this.schedule.indexOf(timestep) + 1] ?? -1;
    const alpha = this.alphaAt(timestep);
    const previousAlpha = this.previousAlpha(previous);

    const { original } = splitPrediction(predictionType, output, sample, alpha);
    const predOriginalSample = limitOriginalSample(original, batchSize, this.config);
    const mean = posteriorMean(predOriginalSample, sample, alpha, previousAlpha);
    if (timestep <= 0) return { prevSample: mean, predOriginalSample };
    const noise = this.requireNoise(options);
    const bounds = varianceBounds(alpha, previousAlpha);
    const prevSample = variance
      ? addScaled(mean, 1, learnedNoise(varianceType, bounds, variance, noise))
      : addScaled(mean, fixedDeviation(varianceType, bounds), noise);
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number, { timesteps }: TimestepOptions): number[] {
    return timesteps ? this.customTimesteps(timesteps) : this.integerTimesteps(count);
  }
}

/** The mean of x_{t−1} given x_0 and x_t. */
function posteriorMean(
  original: Float32Array,
  sample: Float32Array,
  alpha: number,
  previousAlpha: number,
): Float32Array {
  const stepAlpha = fround(alpha / previousAlpha);
  const beta = fround(1 - alpha);
  const originalWeight = fround(fround(Math.sqrt(previousAlpha)) * fround(1 - stepAlpha)) / beta;
  const sampleWeight = fround(fround(Math.sqrt(stepAlpha)) * fround(1 - previousAlpha)) / beta;
  return sumOfTwo([originalWeight, original], [sampleWeight, sample]);
}
