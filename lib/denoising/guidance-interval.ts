import { InvalidArgumentError } from '../common/errors.js';
import type { NoisePredictor } from './noise-predictor.js';

/** The share of a loop's steps that are guided. */
export interface GuidanceInterval {
  /**
   * Share of the steps, from 0, after which classifier-free guidance begins. Outside the interval the UNet runs for the
   * prompts alone, at half the batch (https://arxiv.org/abs/2404.07724). Default: 0.
   */
  guidanceStart?: number | undefined;
  /** Share of the steps, up to 1, after which guidance ends; above `guidanceStart`. Default: 1. */
  guidanceEnd?: number | undefined;
}

/** What a loop's steps are counted by. */
export interface LoopCalls {
  /** Index of the first timestep. */
  readonly firstIndex: number;
  /** Number of timesteps from there on. */
  readonly calls: number;
  /** The scheduler's: all timesteps of a step are guided, or none. */
  readonly order: number;
}

/** @throws InvalidArgumentError unless it starts before it ends */
export function requireInterval({ guidanceStart = 0, guidanceEnd = 1 }: GuidanceInterval): void {
  if (guidanceStart < guidanceEnd) return;
  throw new InvalidArgumentError(
    `Expected guidanceStart below guidanceEnd but received ${guidanceStart} and ${guidanceEnd}`,
  );
}

/** Whether some steps may be outside it. */
export function isPartial({ guidanceStart = 0, guidanceEnd = 1 }: GuidanceInterval): boolean {
  return guidanceStart > 0 || guidanceEnd < 1;
}

/**
 * Whether each timestep of a loop is guided; shares of the steps are rounded down, as by the guiders of diffusers.
 *
 * @returns for indices of the scheduler's timesteps
 */
export function guidedTimesteps(
  { guidanceStart = 0, guidanceEnd = 1 }: GuidanceInterval,
  { firstIndex, calls, order }: LoopCalls,
): (index: number) => boolean {
  const steps = Math.ceil(calls / order);
  const [first, end] = [Math.floor(guidanceStart * steps), Math.floor(guidanceEnd * steps)];
  return (index) => {
    const step = Math.floor((index - firstIndex) / order);
    return step >= first && step < end;
  };
}

/**
 * Guided within an interval and not outside it. Both predictors run on one network, so one is bound when a step needs it
 * and the other is released.
 */
export class IntervalPredictor implements NoisePredictor {
  readonly #isGuided: (index: number) => boolean;
  readonly #bind: (isGuided: boolean) => Promise<NoisePredictor>;
  #bound: { readonly isGuided: boolean; readonly predictor: NoisePredictor } | undefined;

  /**
   * @param isGuided - for the index of a timestep
   * @param bind - a predictor that is guided, or one that is not
   */
  constructor(isGuided: (index: number) => boolean, bind: (isGuided: boolean) => Promise<NoisePredictor>) {
    this.#isGuided = isGuided;
    this.#bind = bind;
  }

  async predict(latents: Float32Array, timestep: number, index: number): Promise<Float32Array> {
    const isGuided = this.#isGuided(index);
    if (this.#bound?.isGuided !== isGuided) {
      this.release();
      this.#bound = { isGuided, predictor: await this.#bind(isGuided) };
    }
    return this.#bound.predictor.predict(latents, timestep, index);
  }

  release(): void {
    this.#bound?.predictor.release();
    this.#bound = undefined;
  }
}
