import { wrongValue } from '../common/options.js';
import {
  ConsistencyScheduler,
  consistencySchema,
  consistencyTimestepOptions,
  type ConsistencyConfig,
} from './consistency-scheduler.js';
import { sumOfTwo } from './float32.js';
import { splitPrediction } from './prediction.js';
import type { StepOptions, StepOutput } from './scheduler.js';

/** Config of {@link TCDScheduler}. */
export type TCDConfig = ConsistencyConfig;

const { fround } = Math;
/** γ of the paper, `eta` in diffusers, where a step is given none. */
const DEFAULT_ETA = 0.3;

/**
 * Strategic stochastic sampling of trajectory consistency distillation (Zheng et al., https://arxiv.org/abs/2402.19159),
 * for models with a TCD-LoRA and Hyper-SD; diffusers' `TCDScheduler`. `eta` is γ of the paper, 0 (deterministic) to 1;
 * a step without it takes 0.3, a pipeline gives it 0 by default, as diffusers' pipelines do.
 *
 * Clipping and thresholding are keys of its config without effect, as in diffusers.
 *
 * @example
 * ```ts
 * pipeline.scheduler = TCDScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 4, guidanceScale: 1, eta: 0.3 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/tcd
 */
export class TCDScheduler extends ConsistencyScheduler {
  static readonly definition = {
    className: 'TCDScheduler',
    schema: consistencySchema,
    unsupported: {},
    timestepOptions: consistencyTimestepOptions,
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(TCDScheduler.definition, config);
  }

  /** @throws InvalidArgumentError as `Scheduler.step`, and for an `eta` outside 0 to 1 */
  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    this.requireTimestep(timestep);
    const { eta = DEFAULT_ETA } = options;
    if (!(eta >= 0 && eta <= 1)) throw wrongValue('a number between 0 and 1', 'eta', eta);
    const next = this.schedule[this.schedule.indexOf(timestep) + 1];
    const target = next ?? 0;
    // The timestep that the deterministic part of the step leads to; noise leads back up to the target.
    const lower = Math.floor(fround(fround(1 - eta) * target));
    const lowerAlpha = this.alphaAt(lower);
    const { predictionType } = this.config;
    const { original, noise } = splitPrediction(predictionType, modelOutput, sample, this.alphaAt(timestep));
    const noised = sumOfTwo([Math.sqrt(lowerAlpha), original], [Math.sqrt(fround(1 - lowerAlpha)), noise]);
    if (eta === 0 || next === undefined) return { prevSample: noised, predOriginalSample: original };
    const ratio = fround(this.alphaAt(target) / lowerAlpha);
    const prevSample = sumOfTwo(
      [Math.sqrt(ratio), noised],
      [Math.sqrt(fround(1 - ratio)), this.requireNoise(options)],
    );
    return { prevSample, predOriginalSample: original };
  }

  /** With a number given for this generation, all timesteps of training, as in diffusers. */
  protected override originalTimesteps(given: number | undefined, strength: number): number[] {
    const own = super.originalTimesteps(given, strength);
    if (given === undefined) return own;
    const { numTrainTimesteps } = this.config;
    return Array.from({ length: Math.floor(numTrainTimesteps * strength) }, (_, timestep) => timestep);
  }
}
