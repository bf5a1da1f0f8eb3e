import { addScaled, clamp, derivative, sumOfTwo } from './float32.js';
import {
  interleaved,
  kDiffusionKeys,
  KDiffusionScheduler,
  type KDiffusionConfig,
} from './k-diffusion-scheduler.js';
import { choice, clippingKeys, flag, type ClippingConfig } from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';

/** Config of {@link HeunDiscreteScheduler}. */
export interface HeunDiscreteConfig
  extends Omit<KDiffusionConfig, 'betaSchedule' | 'predictionType'>, ClippingConfig {
  /**
   * How β grows between them: 'linear', 'scaled_linear' (√β grows linearly: Stable Diffusion), 'squaredcos_cap_v2'
   * (cosine schedule of Improved DDPM) or 'exp' (ᾱ = e^(−12 t)); the last two ignore both. Default: 'linear'.
   * diffusers: `beta_schedule`.
   */
  betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2' | 'exp';
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
  /**
   * Whether to clip the predicted image to ±`clipSampleRange`; for pixel-space models, false for Stable Diffusion.
   * Default: false. diffusers: `clip_sample`.
   */
  clipSample: boolean;
}

const schema = configSchema<HeunDiscreteConfig>({
  ...kDiffusionKeys,
  ...clippingKeys,
  betaSchedule: choice(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp'], 'linear'),
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  clipSample: flag(false),
});

/** What the second evaluation of a step needs of the first. */
interface FirstEvaluation {
  readonly sample: Float32Array;
  readonly derivative: Float32Array;
  /** The step in σ. */
  readonly dt: number;
}

/**
 * Heun's method over noise levels: algorithm 1 of EDM (Karras et al., https://arxiv.org/abs/2206.00364) without churn;
 * diffusers' `HeunDiscreteScheduler`. Of second order: each step but the last calls the UNet twice, and `timesteps`
 * lists its timestep twice.
 *
 * @example
 * ```ts
 * pipeline.scheduler = HeunDiscreteScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 15 }); // 29 calls of the UNet
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/heun
 */
export class HeunDiscreteScheduler extends KDiffusionScheduler<HeunDiscreteConfig> {
  static readonly definition = {
    className: 'HeunDiscreteScheduler',
    schema,
    unsupported: {},
    timestepOptions: ['timesteps'] as const,
  };

  override readonly order = 2;
  /** Defined between the two evaluations of a step. */
  #first: FirstEvaluation | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(HeunDiscreteScheduler.definition, config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    _options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    // At the second evaluation this is the level that the first one went to.
    const sigma = this.sigmas[index]!;
    const original = this.originalSample(modelOutput, sample, sigma);
    const { clipSample, clipSampleRange } = this.config;
    const predOriginalSample = clipSample ? clamp(original, clipSampleRange) : original;
    const slope = derivative(sample, predOriginalSample, sigma);
    const first = this.#first;
    let prevSample: Float32Array;
    if (first) {
      prevSample = addScaled(first.sample, first.dt, sumOfTwo([0.5, first.derivative], [0.5, slope]));
      this.#first = undefined;
    } else {
      const dt = this.sigmas[index + 1]! - sigma;
      prevSample = addScaled(sample, dt, slope);
      this.#first = { sample, derivative: slope, dt };
    }
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  override setBeginIndex(index: number): void {
    super.setBeginIndex(index);
    this.#first = undefined;
  }

  protected override beginAt(spaced: readonly number[], count: number): number[] {
    const { timesteps, sigmas } = this.scheduleOf(spaced, count);
    this.#first = undefined;
    this.setSigmas(interleaved(sigmas), 0);
    return interleaved(timesteps.map(Math.fround));
  }
}
