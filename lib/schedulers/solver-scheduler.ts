import { InvalidArgumentError } from '../common/errors.js';
import { noiseLevel, type NoiseLevel } from './dpm-solver-updates.js';
import { addScaled, differenceOver, sumOfTwo } from './float32.js';
import { flowSigmas } from './flow-sigmas.js';
import { roundHalfEven } from './numeric.js';
import { requireNoSigmaSpacing, sigmaToTimestep, spacedSigmas } from './sigma-spacing.js';
import { SigmaScheduler } from './sigma-scheduler.js';
import type { SolverConfig, VarianceConfig } from './solver-config.js';
import { solverTimesteps, type SolverSpacing } from './solver-spacing.js';
import { threshold } from './thresholding.js';
import type { TimestepOptions } from './timestep-options.js';
import { weightedSum } from './weighted-sum.js';

type Config = SolverConfig & Partial<SolverSpacing> & Partial<VarianceConfig>;

/** Timesteps and noise levels that a generation goes through. */
export interface SolverSchedule {
  readonly timesteps: number[];
  /** As many as there are timesteps. */
  readonly sigmas: readonly number[];
}

/**
 * Base of the fast solvers (DPM-Solver, UniPC, DEIS): samples x_t = α · image + σ · noise of unit variance, noise
 * levels listed as σ / α (with flow sigmas as σ), and the latest predictions in the form that is integrated.
 */
export abstract class SolverScheduler<Own extends Config> extends SigmaScheduler<Own> {
  /** Converted predictions, newest first. */
  protected outputs: Float32Array[] = [];

  /** {@inheritDoc Scheduler.addNoise} */
  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const { alpha, sigma } = this.levelOf(this.noiseSigma(timestep));
    return weightedSum([alpha, originalSamples], [sigma, noise]);
  }

  /** The noise level of the step `index`, or of the one after the last. */
  protected levelAt(index: number): NoiseLevel {
    return this.levelOf(this.sigmas[index]!);
  }

  protected levelOf(sigma: number): NoiseLevel {
    return noiseLevel(sigma, this.config.useFlowSigmas);
  }

  /** Puts a prediction before the earlier ones, of which as many stay as the solver's order needs. */
  protected remember(converted: Float32Array): void {
    this.outputs = [converted, ...this.outputs].slice(0, this.config.solverOrder);
  }

  /** Sets the noise levels of a new generation and forgets the predictions of the last one. */
  protected startAt({ timesteps, sigmas }: SolverSchedule, last: number): number[] {
    this.setSigmas(sigmas, last);
    this.outputs = [];
    return timesteps;
  }

  /** σ after the last step by `finalSigmasType`. */
  protected finalSigma(type: 'zero' | 'sigma_min'): number {
    return type === 'zero' ? 0 : this.trainingSigmas[0]!;
  }

  /** The schedule that custom timesteps, the config's spacing of σ or that of timesteps gives. */
  protected solverSchedule(count: number, { timesteps: given, mu }: TimestepOptions): SolverSchedule {
    if (given) {
      requireNoSigmaSpacing(this.ownConfig);
      if (!this.config.useFlowSigmas) return this.atTimesteps(given.map(Math.trunc));
    }
    const [min, max] = [this.trainingSigmas[0]!, this.trainingSigmas.at(-1)!];
    const spaced = spacedSigmas(this.config, min, max, count);
    if (spaced) return this.atSigmas(spaced, this.config.useKarrasSigmas ? roundHalfEven : Math.trunc);
    if (this.config.useFlowSigmas) {
      return this.atFlowSigmas(flowSigmas(this.config.numTrainTimesteps, count, this.flowShift(mu)));
    }
    return this.atTimesteps(this.#distinctTimesteps(count));
  }

  /** @param round - from fractions, as the class of diffusers rounds them */
  protected atSigmas(sigmas: readonly number[], round: (timestep: number) => number): SolverSchedule {
    return { timesteps: sigmas.map(sigmaToTimestep(this.trainingSigmas)).map(round), sigmas };
  }

  protected atFlowSigmas(sigmas: readonly number[]): SolverSchedule {
    return { timesteps: sigmas.map((sigma) => Math.trunc(sigma * this.config.numTrainTimesteps)), sigmas };
  }

  protected atTimesteps(timesteps: number[]): SolverSchedule {
    return { timesteps, sigmas: this.sigmasAt(timesteps) };
  }

  /** @throws InvalidArgumentError for `mu` in a config without dynamic shifting */
  protected flowShift(mu: number | undefined): number {
    const { flowShift, useDynamicShifting } = this.config;
    if (mu === undefined) return flowShift;
    if (useDynamicShifting) return this.config.timeShiftType === 'linear' ? mu : Math.exp(mu);
    throw new InvalidArgumentError(`mu needs useDynamicShifting in the config of a ${this.className}`);
  }

  /** How timesteps are spaced: evenly, in a class without keys for it. */
  protected spacing(): SolverSpacing {
    const { timestepSpacing = 'linspace', stepsOffset = 0, numTrainTimesteps } = this.ownConfig;
    return { timestepSpacing, stepsOffset, numTrainTimesteps };
  }

  /** Timesteps of training to spread the steps over: all of them, unless a class clips them. */
  protected usableTimesteps(): number {
    return this.config.numTrainTimesteps;
  }

  /** The image that a prediction implies, limited by dynamic thresholding where the config asks. */
  protected imageOf(
    prediction: Float32Array,
    sample: Float32Array,
    index: number,
    batchSize = 1,
  ): Float32Array {
    const image = this.#image(this.withoutVariance(prediction, sample, batchSize), sample, index);
    return this.config.thresholding ? threshold(image, batchSize, this.config) : image;
  }

  /** The noise in a sample around an image. */
  protected noiseAround(image: Float32Array, sample: Float32Array, index: number): Float32Array {
    const { alpha, sigma } = this.levelAt(index);
    return differenceOver(sample, alpha, image, sigma);
  }

  /** The noise that a prediction implies, without thresholding. */
  protected noiseOf(
    prediction: Float32Array,
    sample: Float32Array,
    index: number,
    batchSize = 1,
  ): Float32Array {
    const { alpha, sigma } = this.levelAt(index);
    const output = this.withoutVariance(prediction, sample, batchSize);
    switch (this.config.predictionType) {
      case 'epsilon':
        return output;
      case 'v_prediction':
        return sumOfTwo([alpha, output], [sigma, sample]);
      default:
        return this.noiseAround(this.#image(output, sample, index), sample, index);
    }
  }

  /** A prediction without the channels of a learned variance, which follow each image's own. */
  protected withoutVariance(output: Float32Array, sample: Float32Array, batchSize: number): Float32Array {
    const { varianceType } = this.ownConfig;
    if (!varianceType?.startsWith('learned') || output.length !== 2 * sample.length) return output;
    const size = sample.length / batchSize;
    const mean = new Float32Array(sample.length);
    for (let i = 0; i < batchSize; i++) {
      mean.set(output.subarray(2 * i * size, (2 * i + 1) * size), i * size);
    }
    return mean;
  }

  #image(output: Float32Array, sample: Float32Array, index: number): Float32Array {
    const { alpha, sigma } = this.levelAt(index);
    switch (this.config.predictionType) {
      case 'epsilon':
        return differenceOver(sample, sigma, output, alpha);
      case 'sample':
        return output;
      case 'v_prediction':
        return sumOfTwo([alpha, sample], [-sigma, output]);
      case 'flow_prediction':
        return addScaled(sample, -this.sigmas[index]!, output);
    }
  }

  /** @throws InvalidArgumentError for more steps than there are noise levels, with the largest number there are for */
  #distinctTimesteps(count: number): number[] {
    const timesteps = this.#timesteps(count);
    if (!this.repeatsLevel(timesteps)) return timesteps;
    let allowed = count - 1;
    while (allowed > 0 && this.repeatsLevel(this.#timesteps(allowed))) allowed--;
    const { timestepSpacing, stepsOffset } = this.spacing();
    throw new InvalidArgumentError(
      `${this.className} cannot take ${count} steps: with timestepSpacing '${timestepSpacing}' and stepsOffset ` +
        `${stepsOffset} some would start from the same noise level. Use at most ${allowed} steps.`,
    );
  }

  #timesteps(count: number): number[] {
    return solverTimesteps(this.spacing(), count, this.usableTimesteps());
  }

  /** From the second order on a step of length 0 is divided by, which gives NaN; the first order only goes astray. */
  protected repeatsLevel(timesteps: readonly number[]): boolean {
    if (this.config.solverOrder === 1) return timesteps[0] === timesteps[1];
    const sigmas = this.sigmasAt(timesteps);
    return sigmas.some((sigma, i) => sigma === sigmas[i - 1]);
  }
}

/** Training timesteps whose λ is at least `lambdaMinClipped`. */
export function unclippedTimesteps(trainingSigmas: Float32Array, lambdaMinClipped: number): number {
  return trainingSigmas.filter((sigma) => -Math.log(sigma) >= lambdaMinClipped).length;
}
