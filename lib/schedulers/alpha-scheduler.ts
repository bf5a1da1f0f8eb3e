import { InvalidArgumentError } from '../common/errors.js';
import { ConfigurableScheduler } from './configurable-scheduler.js';
import { alphasCumprod, type NoiseScheduleConfig } from './noise-schedule.js';
import { roundHalfEven } from './numeric.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { spacedTimesteps, type SpacingConfig } from './timestep-spacing.js';
import { weightedSum } from './weighted-sum.js';

/** `setAlphaToOne`: not DDPM's; of a class without the key, ᾱ after the last step is 1. */
type AlphaConfig = NoiseScheduleConfig & SpacingConfig & { setAlphaToOne?: boolean };

/** Base of schedulers defined over ᾱ (alphas_cumprod), looked up by training timestep: DDIM, DDPM, PNDM, LCM, TCD. */
export abstract class AlphaScheduler<Config extends AlphaConfig> extends ConfigurableScheduler<Config> {
  readonly #alphas: Float32Array;

  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.#alphas = alphasCumprod(this.config);
  }

  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const ofTraining = Number.isInteger(timestep) && timestep >= 0 && timestep < this.#alphas.length;
    if (!ofTraining && !this.schedule.includes(timestep)) {
      throw new InvalidArgumentError(
        `Expected a timestep of training, an integer between 0 and ${this.#alphas.length - 1}, but received ${timestep}`,
      );
    }
    const alpha = this.alphaAt(timestep);
    return weightedSum([Math.sqrt(alpha), originalSamples], [Math.sqrt(1 - alpha), noise]);
  }

  /**
   * ᾱ at a training timestep. Below 0 it counts from the end, as indexing does in Python: 'trailing' timesteps may
   * contain −1.
   *
   * @throws InvalidArgumentError beyond the table
   */
  protected alphaAt(timestep: number): number {
    const alpha = this.#alphas.at(timestep);
    if (alpha !== undefined && Number.isInteger(timestep)) return alpha;
    throw new InvalidArgumentError(
      `Timestep ${timestep} is beyond the ${this.#alphas.length} timesteps that the ${this.className} has values of β for`,
    );
  }

  /** ᾱ at the timestep a step leads to; below 0, after the last step, as `setAlphaToOne` has it. */
  protected previousAlpha(timestep: number): number {
    if (timestep >= 0) return this.alphaAt(timestep);
    return (this.ownConfig.setAlphaToOne ?? true) ? 1 : this.#alphas[0]!;
  }

  /**
   * Timesteps from the noisiest down.
   *
   * @throws InvalidArgumentError when the first one is beyond the training timesteps, with the largest number of
   * steps that is not; diffusers fails at the first step then
   */
  protected integerTimesteps(count: number): number[] {
    const timesteps = spacedTimesteps(this.config, count).map(roundHalfEven);
    const limit = this.#alphas.length - 1;
    if (timesteps[0]! <= limit) return timesteps;
    const { timestepSpacing, stepsOffset } = this.config;
    const allowed = this.#mostSteps(count - 1);
    throw new InvalidArgumentError(
      `${this.className} cannot take ${count} steps: with timestepSpacing '${timestepSpacing}' and stepsOffset ` +
        `${stepsOffset} the first timestep would be ${timesteps[0]!}, beyond ${limit}, the last of training. ` +
        (allowed > 0 ? `Use at most ${allowed} steps.` : 'No number of steps is possible with this config.'),
    );
  }

  /** @throws InvalidArgumentError for a timestep that is not one of training */
  protected customTimesteps(timesteps: readonly number[]): number[] {
    const limit = this.#alphas.length - 1;
    const wrong = timesteps.find(
      (timestep) => !Number.isInteger(timestep) || timestep < 0 || timestep > limit,
    );
    if (wrong === undefined) return [...timesteps];
    throw new InvalidArgumentError(
      `Expected timesteps of training, integers between 0 and ${limit}, but received ${wrong}`,
    );
  }

  #mostSteps(count: number): number {
    let steps = count;
    while (steps > 0 && roundHalfEven(spacedTimesteps(this.config, steps)[0]!) > this.#alphas.length - 1)
      steps--;
    return steps;
  }
}
