import { addScaled, eulerStep } from './float32.js';
import { interleaved, KDiffusionScheduler, type KDiffusionConfig } from './k-diffusion-scheduler.js';
import { roundHalfEven } from './numeric.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { sigmaToTimestep } from './sigma-spacing.js';

const { fround } = Math;

/** The levels of a step of the midpoint method. */
export interface MidpointStep {
  /** σ of the first evaluation. */
  readonly from: number;
  /** σ of the second one. */
  readonly middle: number;
  /** σ to step down to. */
  readonly down: number;
  /** Standard deviation of the noise to add then; 0 for none. */
  readonly up: number;
}

/**
 * Base of the schedulers inspired by DPM-Solver-2 and algorithm 2 of EDM (Karras et al.,
 * https://arxiv.org/abs/2206.00364): the midpoint method over noise levels, the middle being that of their logarithms.
 */
export abstract class KDPM2Scheduler extends KDiffusionScheduler<KDiffusionConfig> {
  override readonly order = 2;
  #steps: readonly MidpointStep[] = [];
  /** The sample a step starts from, between its two evaluations. */
  #startSample: Float32Array | undefined;

  override scaleModelInput(sample: Float32Array, timestep: number): Float32Array {
    const { from, middle } = this.#stepAt(timestep);
    return this.scaleBy(sample, this.#startSample ? middle : from);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const { from, middle, down, up } = this.#stepAt(timestep);
    const start = this.#startSample;
    const predOriginalSample = this.originalSample(modelOutput, sample, start ? middle : from);
    let prevSample: Float32Array;
    if (start) {
      prevSample = eulerStep(sample, predOriginalSample, middle, down - from, start);
      if (up > 0) prevSample = addScaled(prevSample, up, this.requireNoise(options));
      this.#startSample = undefined;
    } else {
      prevSample = eulerStep(sample, predOriginalSample, from, middle - from);
      this.#startSample = sample;
    }
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  override setBeginIndex(index: number): void {
    super.setBeginIndex(index);
    this.#startSample = undefined;
  }

  /** A step from one noise level to the next, above 0. */
  protected abstract midpointStep(from: number, to: number): MidpointStep;

  protected override beginAt(spaced: readonly number[], count: number): number[] {
    const { sigmas, timesteps } = this.scheduleOf(spaced, count);
    this.setSigmas(interleaved([...sigmas, 0]), 0);
    this.#startSample = undefined;
    // The last step, to 0, is one of Euler's method: of its two evaluations `timesteps` lists one.
    const levels = sigmas.map(fround);
    this.#steps = levels.map((from, i) =>
      i + 1 < levels.length ? this.midpointStep(from, levels[i + 1]!) : { from, middle: 0, down: 0, up: 0 },
    );
    const timestepOf = sigmaToTimestep(this.trainingSigmas);
    const round = this.config.useKarrasSigmas ? roundHalfEven : fround;
    return timesteps.flatMap((timestep, i) =>
      i + 1 < timesteps.length
        ? [round(timestep), fround(timestepOf(this.#steps[i]!.middle))]
        : [round(timestep)],
    );
  }

  #stepAt(timestep: number): MidpointStep {
    return this.#steps[this.stepIndexFor(timestep) >> 1]!;
  }
}

/** The level in the middle of two, of their logarithms. */
export function middleSigma(from: number, to: number): number {
  const [a, b] = [fround(Math.log(from)), fround(Math.log(to))];
  return fround(Math.exp(fround(b - fround(b - a) / 2)));
}
