import { alphasCumprod, type NoiseConfig } from './noise-schedule.js';
import { weightedSum } from './numeric.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { Scheduler } from './scheduler.js';

/** A scheduler that reckons in ᾱ, looked up by training timestep. */
export abstract class AlphaScheduler<
  Config extends NoiseConfig & { setAlphaToOne: boolean },
> extends Scheduler<Config> {
  readonly #alphas: Float32Array;

  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.#alphas = alphasCumprod(this.config);
  }

  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const alpha = this.alphaAt(timestep);
    return weightedSum([Math.sqrt(alpha), originalSamples], [Math.sqrt(1 - alpha), noise]);
  }

  /** ᾱ at a training timestep; below 0, where a last step leads, as the configuration has it. */
  protected alphaAt(timestep: number): number {
    if (timestep >= 0) return this.#alphas[timestep]!;
    return this.config.setAlphaToOne ? 1 : this.#alphas[0]!;
  }
}
