import { trainingSigmas, type NoiseConfig } from './noise-schedule.js';
import { interpolateAt, weightedSum } from './numeric.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { Scheduler } from './scheduler.js';

/** A scheduler that walks down a list of noise levels, one a step. */
export abstract class SigmaScheduler<Config extends NoiseConfig> extends Scheduler<Config> {
  /** Noise levels of the training timesteps, rising. */
  protected readonly training: Float32Array;
  /** Noise levels of the steps, and the one after the last; float32. */
  protected sigmas = new Float32Array();
  #stepIndex: number | undefined;

  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.training = trainingSigmas(this.config);
  }

  /** The place of the current step; the first one may be in the middle, later ones follow. */
  protected stepIndexFor(timestep: number): number {
    if (this.#stepIndex === undefined) {
      this.requireTimestep(timestep);
      // Where rounding gave a timestep twice, a start in the middle takes its second place, as diffusers does.
      const first = this.schedule.indexOf(timestep);
      const second = this.schedule.indexOf(timestep, first + 1);
      this.#stepIndex = first === 0 || second === -1 ? first : second;
    }
    return this.#stepIndex;
  }

  protected finishStep(): void {
    this.#stepIndex = (this.#stepIndex ?? 0) + 1;
  }

  /** Takes the noise levels of a generation that begins. */
  protected startFrom(sigmas: readonly number[], last: number): void {
    this.sigmas = Float32Array.from([...sigmas, last]);
    this.#stepIndex = undefined;
  }

  /** The noise levels of timesteps that may be fractions. */
  protected sigmasAt(timesteps: readonly number[]): number[] {
    return timesteps.map((timestep) => interpolateAt(timestep, this.training));
  }

  protected sigmaOf(timestep: number): number {
    this.requireTimestep(timestep);
    return this.sigmas[this.schedule.indexOf(timestep)]!;
  }

  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    return weightedSum([1, originalSamples], [this.sigmaOf(timestep), noise]);
  }
}
