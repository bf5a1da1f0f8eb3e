import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
import { AlphaScheduler } from './alpha-scheduler.js';
import { choice, flag, noiseKeys, stepsOffset } from './common-config.js';
import { roundHalfEven, weightedSum } from './numeric.js';
import type { StepOutput } from './scheduler.js';
import { spacedTimesteps } from './timestep-spacing.js';

const schema = z.strictObject({
  ...noiseKeys,
  skipPrkSteps: flag(false),
  setAlphaToOne: flag(false),
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  timestepSpacing: choice(['linspace', 'leading', 'trailing'], 'leading'),
  stepsOffset,
});

/** Configuration of {@link PNDMScheduler}. */
export type PNDMConfig = z.output<typeof schema>;

/** Weights of the latest predictions, newest first: Adams–Bashforth of order 2, 3 and 4. */
const MULTISTEP: readonly (readonly number[])[] = [
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];
/** Runge–Kutta predictions that go before multistep can begin. */
const RUNGE_KUTTA_POINTS = 4;
const RUNGE_KUTTA_WEIGHTS = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * Pseudo numerical methods: Runge–Kutta for the first points (unless `skipPrkSteps`, as Stable Diffusion has it),
 * then linear multistep.
 *
 * @see https://arxiv.org/abs/2202.09778
 * @see https://huggingface.co/docs/diffusers/api/schedulers/pndm
 */
export class PNDMScheduler extends AlphaScheduler<PNDMConfig> {
  static readonly definition = { className: 'PNDMScheduler', schema, refused: {} };

  #rungeKutta: readonly number[] = [];
  #counter = 0;
  /** Latest predictions, oldest first. */
  #predictions: Float32Array[] = [];
  #gathered: Float32Array | undefined;
  #start: Float32Array | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(PNDMScheduler.definition, config);
  }

  override setTimesteps(numInferenceSteps: number): void {
    if (!this.config.skipPrkSteps && numInferenceSteps < RUNGE_KUTTA_POINTS) {
      throw new InvalidArgumentError(
        `PNDMScheduler needs at least ${RUNGE_KUTTA_POINTS} steps without skipPrkSteps but received ${numInferenceSteps}`,
      );
    }
    super.setTimesteps(numInferenceSteps);
  }

  override step(modelOutput: Float32Array, timestep: number, sample: Float32Array): StepOutput {
    const interval = Math.floor(this.config.numTrainTimesteps / this.numInferenceSteps);
    this.requireTimestep(timestep);
    const prevSample =
      this.#counter < this.#rungeKutta.length
        ? this.#rungeKuttaStep(modelOutput, timestep, sample, interval)
        : this.#multistep(modelOutput, timestep, sample, interval);
    this.#counter++;
    return { prevSample };
  }

  protected override begin(count: number): number[] {
    this.#counter = 0;
    this.#predictions = [];
    this.#gathered = undefined;
    this.#start = undefined;
    const { skipPrkSteps, numTrainTimesteps } = this.config;
    const spaced = spacedTimesteps(this.config, count).map(roundHalfEven);
    if (skipPrkSteps) {
      this.#rungeKutta = [];
      // The second timestep comes twice: its first visit has no earlier prediction to build on.
      return [...spaced.slice(0, 2), ...spaced.slice(1)];
    }
    const half = Math.floor(Math.floor(numTrainTimesteps / count) / 2);
    // Rising: each of the last points and the middle to the next, the last of them dropped, all inner ones doubled.
    const points = spaced.slice(0, RUNGE_KUTTA_POINTS).reverse();
    const halves = points.flatMap((point) => [point, point + half]).slice(0, -1);
    this.#rungeKutta = halves
      .flatMap((point) => [point, point])
      .slice(1, -1)
      .reverse();
    return [...this.#rungeKutta, ...spaced.slice(RUNGE_KUTTA_POINTS - 1)];
  }

  #rungeKuttaStep(
    output: Float32Array,
    timestep: number,
    sample: Float32Array,
    interval: number,
  ): Float32Array {
    const stage = this.#counter % 4;
    const previous = timestep - (this.#counter % 2 ? 0 : Math.floor(interval / 2));
    const from = this.#rungeKutta[Math.floor(this.#counter / 4) * 4]!;
    if (stage === 0) {
      this.#predictions.push(output);
      this.#start = sample;
    }
    const weight = RUNGE_KUTTA_WEIGHTS[stage]!;
    const gathered = weightedSum([weight, output], ...(this.#gathered ? [[1, this.#gathered] as const] : []));
    this.#gathered = stage === 3 ? undefined : gathered;
    return this.#transfer(this.#start ?? sample, from, previous, stage === 3 ? gathered : output);
  }

  #multistep(output: Float32Array, timestep: number, sample: Float32Array, interval: number): Float32Array {
    if (this.#counter === 1) {
      // The second visit of a timestep: the step before is taken again with the mean of both predictions.
      const mean = weightedSum([0.5, output], [0.5, this.#predictions.at(-1)!]);
      const start = this.#start ?? sample;
      this.#start = undefined;
      return this.#transfer(start, timestep + interval, timestep, mean);
    }
    this.#predictions = [...this.#predictions.slice(-3), output];
    if (this.#predictions.length === 1) this.#start = sample;
    const weights = MULTISTEP[this.#predictions.length - 2];
    const newestFirst = [...this.#predictions].reverse();
    const prediction = weights
      ? weightedSum(...weights.map((weight, i) => [weight, newestFirst[i]!] as const))
      : output;
    return this.#transfer(sample, timestep, timestep - interval, prediction);
  }

  /** Formula 9 of the paper: from one timestep's sample to another's along a prediction of noise. */
  #transfer(sample: Float32Array, from: number, to: number, prediction: Float32Array): Float32Array {
    const alpha = this.alphaAt(from);
    const alphaTo = this.alphaAt(to);
    const beta = 1 - alpha;
    const noise =
      this.config.predictionType === 'v_prediction'
        ? weightedSum([Math.sqrt(alpha), prediction], [Math.sqrt(beta), sample])
        : prediction;
    const denominator = alpha * Math.sqrt(1 - alphaTo) + Math.sqrt(alpha * beta * alphaTo);
    return weightedSum([Math.sqrt(alphaTo / alpha), sample], [-(alphaTo - alpha) / denominator, noise]);
  }
}
