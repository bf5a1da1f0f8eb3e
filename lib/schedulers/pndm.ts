import { InvalidArgumentError } from '../common/errors.js';
import { AlphaScheduler } from './alpha-scheduler.js';
import { sumOfTwo, sumWithQuotient } from './float32.js';
import {
  choice,
  flag,
  noiseKeys,
  spacing,
  stepsOffset,
  type NoiseConfig,
  type TimestepSpacing,
} from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOutput } from './scheduler.js';
import { weightedSum, type Term } from './weighted-sum.js';

/** Config of {@link PNDMScheduler}. */
export interface PNDMConfig extends NoiseConfig {
  /**
   * Whether to begin without Runge–Kutta steps, as Stable Diffusion does. Default: false. diffusers:
   * `skip_prk_steps`.
   */
  skipPrkSteps: boolean;
  /**
   * ᾱ after the last step: 1 (no noise left) if true, that of timestep 0 if false. Default: false. diffusers:
   * `set_alpha_to_one`.
   */
  setAlphaToOne: boolean;
  /** What the UNet predicts: the noise or the velocity. Default: 'epsilon'. diffusers: `prediction_type`. */
  predictionType: 'epsilon' | 'v_prediction';
  /** Spacing of the timesteps. Default: 'leading'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

const schema = configSchema<PNDMConfig>({
  ...noiseKeys,
  skipPrkSteps: flag(false),
  setAlphaToOne: flag(false),
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  timestepSpacing: spacing('leading'),
  stepsOffset,
});

const { fround } = Math;

/** Weights of the latest predictions, newest first: Adams–Bashforth of order 2, 3 and 4. */
const ADAMS_BASHFORTH: readonly (readonly number[])[] = [
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];
/** Timesteps that Runge–Kutta steps connect, so that the multistep method has predictions to begin with. */
const RUNGE_KUTTA_POINTS = 4;
/** Weights of the four predictions of a Runge–Kutta step. */
const RUNGE_KUTTA_WEIGHTS = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * Pseudo numerical methods for diffusion models (Liu et al., https://arxiv.org/abs/2202.09778): Runge–Kutta for the
 * first points, unless `skipPrkSteps`, then a linear multistep method ("PLMS"); diffusers' `PNDMScheduler`.
 *
 * It takes one call of the UNet more than `numInferenceSteps` with `skipPrkSteps`, nine more without.
 *
 * @example
 * ```ts
 * pipeline.scheduler = PNDMScheduler.fromConfig(pipeline.scheduler.config, { skipPrkSteps: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/pndm
 */
export class PNDMScheduler extends AlphaScheduler<PNDMConfig> {
  static readonly definition = { className: 'PNDMScheduler', schema, unsupported: {} };

  /** The timesteps of the Runge–Kutta steps, four for each. */
  #rungeKuttaTimesteps: readonly number[] = [];
  /** Calls of `step` since `setTimesteps`. */
  #counter = 0;
  /** Latest predictions, oldest first. */
  #predictions: Float32Array[] = [];
  /** Weighted sum of a Runge–Kutta step's predictions so far. */
  #weightedPrediction: Float32Array | undefined;
  /** The sample that the current Runge–Kutta step, or the repeated first step, starts from. */
  #startSample: Float32Array | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(PNDMScheduler.definition, config);
  }

  override step(modelOutput: Float32Array, timestep: number, sample: Float32Array): StepOutput {
    this.requireTimestep(timestep);
    const interval = Math.floor(this.config.numTrainTimesteps / this.numInferenceSteps);
    const prevSample =
      this.#counter < this.#rungeKuttaTimesteps.length
        ? this.#rungeKuttaStep(modelOutput, timestep, sample, interval)
        : this.#multistep(modelOutput, timestep, sample, interval);
    this.#counter++;
    return { prevSample };
  }

  protected override begin(count: number): number[] {
    const { skipPrkSteps, numTrainTimesteps } = this.config;
    if (!skipPrkSteps && count < RUNGE_KUTTA_POINTS) {
      throw new InvalidArgumentError(
        `PNDMScheduler needs at least ${RUNGE_KUTTA_POINTS} steps without skipPrkSteps but received ${count}`,
      );
    }
    const timesteps = this.integerTimesteps(count);
    this.#counter = 0;
    this.#predictions = [];
    this.#weightedPrediction = undefined;
    this.#startSample = undefined;
    this.#rungeKuttaTimesteps = [];
    // The second timestep comes twice: its first visit has no earlier prediction to build on.
    if (skipPrkSteps) return [...timesteps.slice(0, 2), ...timesteps.slice(1)];

    const half = Math.floor(Math.floor(numTrainTimesteps / count) / 2);
    const [first, second, third, fourth] = timesteps as [number, number, number, number];
    const intervals = [
      { from: first, to: second },
      { from: second, to: third },
      { from: third, to: fourth },
    ];
    this.#rungeKuttaTimesteps = intervals.flatMap(({ from, to }) => [from, to + half, to + half, to]);
    return [...this.#rungeKuttaTimesteps, ...timesteps.slice(RUNGE_KUTTA_POINTS - 1)];
  }

  #rungeKuttaStep(
    output: Float32Array,
    timestep: number,
    sample: Float32Array,
    interval: number,
  ): Float32Array {
    const stage = this.#counter % 4;
    const previous = timestep - (this.#counter % 2 ? 0 : Math.floor(interval / 2));
    const from = this.#rungeKuttaTimesteps[this.#counter - stage]!;
    if (stage === 0) {
      this.#predictions.push(output);
      this.#startSample = sample;
    }
    const sumSoFar: Term[] = this.#weightedPrediction ? [[1, this.#weightedPrediction]] : [];
    const weighted = weightedSum([RUNGE_KUTTA_WEIGHTS[stage]!, output], ...sumSoFar);
    this.#weightedPrediction = stage === 3 ? undefined : weighted;
    return this.#transfer(this.#startSample ?? sample, from, previous, stage === 3 ? weighted : output);
  }

  #multistep(output: Float32Array, timestep: number, sample: Float32Array, interval: number): Float32Array {
    if (this.#counter === 1) {
      // The second visit of a timestep: the first step is repeated with the mean of both predictions.
      const mean = weightedSum([0.5, output], [0.5, this.#predictions.at(-1)!]);
      const start = this.#startSample ?? sample;
      this.#startSample = undefined;
      return this.#transfer(start, timestep + interval, timestep, mean);
    }
    this.#predictions = [...this.#predictions.slice(-3), output];
    if (this.#predictions.length === 1) this.#startSample = sample;
    const weights = ADAMS_BASHFORTH[this.#predictions.length - 2];
    const newestFirst = [...this.#predictions].reverse();
    const prediction = weights
      ? weightedSum(...weights.map((weight, i): Term => [weight, newestFirst[i]!]))
      : output;
    return this.#transfer(sample, timestep, timestep - interval, prediction);
  }

  /** Formula 9 of the paper: from the sample at one timestep to that at another, along a prediction of the noise. */
  #transfer(sample: Float32Array, from: number, to: number, prediction: Float32Array): Float32Array {
    const alpha = this.alphaAt(from);
    const alphaTo = this.previousAlpha(to);
    const beta = fround(1 - alpha);
    const noise =
      this.config.predictionType === 'v_prediction'
        ? sumOfTwo([Math.sqrt(alpha), prediction], [Math.sqrt(beta), sample])
        : prediction;
    const denominator =
      fround(alpha * fround(Math.sqrt(fround(1 - alphaTo)))) +
      fround(Math.sqrt(fround(fround(alpha * beta) * alphaTo)));
    const sampleWeight = Math.sqrt(fround(alphaTo / alpha));
    return sumWithQuotient(sampleWeight, sample, -fround(alphaTo - alpha), noise, denominator);
  }
}
