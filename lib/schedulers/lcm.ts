import {
  ConsistencyScheduler,
  consistencySchema,
  consistencyTimestepOptions,
  type ConsistencyConfig,
} from './consistency-scheduler.js';
import { sumOfTwo } from './float32.js';
import { splitPrediction } from './prediction.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { limitOriginalSample } from './thresholding.js';

/** Config of {@link LCMScheduler}. */
export type LCMConfig = ConsistencyConfig;

const { fround } = Math;
/** Standard deviation of the data, in the boundary condition. */
const SIGMA_DATA = 0.5;

/**
 * Multistep sampling of latent consistency models (Luo et al., https://arxiv.org/abs/2310.04378), and of models with an
 * LCM-LoRA; diffusers' `LCMScheduler`. Good from 1 to 8 steps. Each step but the last adds noise.
 *
 * @example
 * ```ts
 * pipeline.scheduler = LCMScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 4, guidanceScale: 1 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/lcm
 */
export class LCMScheduler extends ConsistencyScheduler {
  static readonly definition = {
    className: 'LCMScheduler',
    schema: consistencySchema,
    unsupported: {},
    timestepOptions: consistencyTimestepOptions,
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(LCMScheduler.definition, config);
  }

  /** Algorithm 2 of the paper. */
  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    this.requireTimestep(timestep);
    const { predictionType } = this.config;
    const { original } = splitPrediction(predictionType, modelOutput, sample, this.alphaAt(timestep));
    const limited = limitOriginalSample(original, options.batchSize ?? 1, this.config);
    const { skip, out } = this.#boundaryWeights(timestep);
    const denoised = sumOfTwo([out, limited], [skip, sample]);
    const next = this.schedule[this.schedule.indexOf(timestep) + 1];
    if (next === undefined) return { prevSample: denoised, predOriginalSample: denoised };
    const alpha = this.previousAlpha(next);
    const prevSample = sumOfTwo(
      [Math.sqrt(alpha), denoised],
      [Math.sqrt(fround(1 - alpha)), this.requireNoise(options)],
    );
    return { prevSample, predOriginalSample: denoised };
  }

  /** c_skip and c_out: at timestep 0 the sample is the image. */
  #boundaryWeights(timestep: number): { skip: number; out: number } {
    const scaled = fround(timestep * this.config.timestepScaling);
    const sum = fround(fround(scaled ** 2) + SIGMA_DATA ** 2);
    return { skip: SIGMA_DATA ** 2 / sum, out: scaled / fround(Math.sqrt(sum)) };
  }
}
