import { derivative } from './float32.js';
import { KDiffusionScheduler, type KDiffusionConfig } from './k-diffusion-scheduler.js';
import { choice, noiseKeys, spacing, stepsOffset, type NoiseConfig } from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { sigmaSpacingKeys, type SigmaSpacingConfig } from './sigma-spacing.js';
import { weightedSum, type Term } from './weighted-sum.js';

/** Config of {@link LMSDiscreteScheduler}. */
export interface LMSDiscreteConfig
  extends NoiseConfig, SigmaSpacingConfig, Pick<KDiffusionConfig, 'timestepSpacing' | 'stepsOffset'> {
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
}

const schema = configSchema<LMSDiscreteConfig>({
  ...noiseKeys,
  ...sigmaSpacingKeys,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
});

/** How many derivatives a step uses at most. */
const MAX_ORDER = 4;

/**
 * Linear multistep method over noise levels, "LMS": Adams–Bashforth for steps of any length, of order 4. From k-diffusion
 * (https://github.com/crowsonkb/k-diffusion); diffusers' `LMSDiscreteScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = LMSDiscreteScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/lms_discrete
 */
export class LMSDiscreteScheduler extends KDiffusionScheduler<LMSDiscreteConfig> {
  static readonly definition = { className: 'LMSDiscreteScheduler', schema, unsupported: {} };

  /** Latest derivatives, newest first. */
  #derivatives: readonly Float32Array[] = [];

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(LMSDiscreteScheduler.definition, config);
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
    const newest = derivative(sample, predOriginalSample, sigma);
    this.#derivatives = [newest, ...this.#derivatives.slice(0, MAX_ORDER - 1)];
    // As in diffusers the order is that of a loop from the first timestep on: one that begins later, for image to
    // image, leaves out the terms of steps that were not taken.
    const weights = this.#weights(index, Math.min(index + 1, MAX_ORDER));
    const terms = this.#derivatives.map((values, i): Term => [weights[i]!, values]);
    const prevSample = weightedSum([1, sample], ...terms);
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  override setBeginIndex(index: number): void {
    super.setBeginIndex(index);
    this.#derivatives = [];
  }

  protected override spacingConfig(): SigmaSpacingConfig {
    return this.config.useKarrasSigmas ? this.ownConfig : this.config;
  }

  protected override beginAt(spaced: readonly number[], count: number): number[] {
    const { timesteps, sigmas } = this.scheduleOf(spaced, count);
    this.#derivatives = [];
    this.setSigmas(sigmas, 0);
    return timesteps.map(Math.fround);
  }

  /** Integrals over the step of the polynomials that are 1 at one of the latest levels and 0 at the others, newest first. */
  #weights(index: number, order: number): number[] {
    const levels = Array.from({ length: order }, (_, back) => this.sigmas[index - back]!);
    const polynomial = (at: number, sigma: number): number =>
      levels.reduce(
        (product, level, i) => (i === at ? product : (product * (sigma - level)) / (levels[at]! - level)),
        1,
      );
    const [from, to] = [this.sigmas[index]!, this.sigmas[index + 1]!];
    const [middle, half] = [(from + to) / 2, (to - from) / 2];
    // Gauss–Legendre quadrature with two points, which is exact up to the third degree.
    const offset = half / Math.sqrt(3);
    return levels.map((_, at) => half * (polynomial(at, middle - offset) + polynomial(at, middle + offset)));
  }
}
