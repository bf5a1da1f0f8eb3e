import { z } from 'zod';

import { AlphaScheduler } from './alpha-scheduler.js';
import { choice, flag, noiseKeys, stepsOffset, thresholdingKeys } from './common-config.js';
import { roundHalfEven, weightedSum } from './numeric.js';
import { requireNoise, type StepOptions, type StepOutput } from './scheduler.js';
import { threshold } from './thresholding.js';
import { spacedTimesteps } from './timestep-spacing.js';

const schema = z.strictObject({
  ...noiseKeys,
  clipSample: flag(true),
  clipSampleRange: z.number().positive().default(1).describe('a positive number'),
  setAlphaToOne: flag(true),
  stepsOffset,
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  ...thresholdingKeys,
  timestepSpacing: choice(['linspace', 'leading', 'trailing'], 'leading'),
  rescaleBetasZeroSnr: flag(false),
});

/** Configuration of {@link DDIMScheduler}. */
export type DDIMConfig = z.output<typeof schema>;

/**
 * Denoising diffusion implicit models.
 *
 * @see https://arxiv.org/abs/2010.02502
 * @see https://huggingface.co/docs/diffusers/api/schedulers/ddim
 */
export class DDIMScheduler extends AlphaScheduler<DDIMConfig> {
  static readonly definition = { className: 'DDIMScheduler', schema, refused: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DDIMScheduler.definition, config);
  }

  /** Formulas 12 and 16 of the paper, whose α is ᾱ here. */
  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const steps = this.numInferenceSteps;
    this.requireTimestep(timestep);
    const previous = timestep - Math.floor(this.config.numTrainTimesteps / steps);
    const alpha = this.alphaAt(timestep);
    const alphaPrevious = this.alphaAt(previous);
    const beta = 1 - alpha;

    const { original, noise } = this.#split(modelOutput, sample, Math.sqrt(alpha), Math.sqrt(beta));
    const predOriginalSample = this.#limit(original, options.batchSize ?? 1);
    const { eta = 0 } = options;
    const deviation = eta * Math.sqrt(((1 - alphaPrevious) / beta) * (1 - alpha / alphaPrevious));
    const prevSample = weightedSum(
      [Math.sqrt(alphaPrevious), predOriginalSample],
      [Math.sqrt(1 - alphaPrevious - deviation ** 2), noise],
      ...(eta > 0 ? [[deviation, requireNoise(options, this.className)] as const] : []),
    );
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    return spacedTimesteps(this.config, count).map(roundHalfEven);
  }

  /** The picture and the noise that a prediction takes the sample apart into. */
  #split(
    output: Float32Array,
    sample: Float32Array,
    rootAlpha: number,
    rootBeta: number,
  ): { original: Float32Array; noise: Float32Array } {
    switch (this.config.predictionType) {
      case 'epsilon':
        return {
          original: weightedSum([1 / rootAlpha, sample], [-rootBeta / rootAlpha, output]),
          noise: output,
        };
      case 'sample':
        return {
          original: output,
          noise: weightedSum([1 / rootBeta, sample], [-rootAlpha / rootBeta, output]),
        };
      case 'v_prediction':
        return {
          original: weightedSum([rootAlpha, sample], [-rootBeta, output]),
          noise: weightedSum([rootAlpha, output], [rootBeta, sample]),
        };
    }
  }

  #limit(original: Float32Array, images: number): Float32Array {
    if (this.config.thresholding) return threshold(original, images, this.config);
    if (!this.config.clipSample) return original;
    const range = this.config.clipSampleRange;
    return original.map((value) => Math.min(Math.max(value, -range), range));
  }
}
