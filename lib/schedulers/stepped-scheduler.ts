import { InvalidArgumentError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { ConfigurableScheduler } from './configurable-scheduler.js';
import { addScaled } from './float32.js';

/** Base of schedulers that go down a list of noise levels σ, one for each step, whatever the levels are taken from. */
export abstract class SteppedScheduler<Config extends object> extends ConfigurableScheduler<Config> {
  #sigmas = new Float32Array();
  #beginIndex: number | undefined;
  #stepIndex: number | undefined;

  /** σ of each step and the one after the last; float32. Of the training timesteps before `setTimesteps`, or empty. */
  get sigmas(): Float32Array {
    return this.#sigmas;
  }

  override setBeginIndex(index: number): void {
    const last = this.schedule.length - 1;
    if (last < 0) {
      throw new InvalidArgumentError(
        `setTimesteps() must be called before setBeginIndex() of a ${this.className}`,
      );
    }
    if (!Number.isInteger(index) || index < 0 || index > last) {
      throw wrongValue(`integer between 0 and ${last}`, 'index', index);
    }
    this.#beginIndex = index;
    this.#stepIndex = undefined;
  }

  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    return addScaled(originalSamples, this.noiseSigma(timestep), noise);
  }

  /**
   * The index of the current step in `timesteps`. Only the first step is looked up, later ones count from there.
   *
   * @throws InvalidArgumentError for a timestep that is not in `timesteps`, or after the last step
   */
  protected stepIndexFor(timestep: number): number {
    this.requireTimestep(timestep);
    this.#stepIndex ??= this.#firstIndex(timestep);
    if (this.#stepIndex < this.schedule.length) return this.#stepIndex;
    throw new InvalidArgumentError(
      `All ${this.schedule.length} steps of this ${this.className} are taken: call setTimesteps() to begin anew`,
    );
  }

  /** Moves on to the next step. */
  protected finishStep(): void {
    this.#stepIndex = (this.#stepIndex ?? 0) + 1;
  }

  /** Sets the noise levels of a new generation. */
  protected setSigmas(sigmas: ArrayLike<number>, last: number): void {
    this.#sigmas = Float32Array.from([...Array.from(sigmas), last]);
    this.#beginIndex = undefined;
    this.#stepIndex = undefined;
  }

  /** σ that `addNoise` noises to: of the current step within a generation that began at an index, as in diffusers. */
  protected noiseSigma(timestep: number): number {
    this.requireTimestep(timestep);
    if (this.#beginIndex === undefined) return this.sigmas[this.#firstIndex(timestep)]!;
    return this.sigmas[this.#stepIndex ?? this.#beginIndex]!;
  }

  #firstIndex(timestep: number): number {
    if (this.#beginIndex !== undefined) return this.#beginIndex;
    // Where rounding produced a timestep twice, diffusers starts at the second; from the noisiest we take the first,
    // where diffusers runs past the last noise level.
    const first = this.schedule.indexOf(timestep);
    const second = this.schedule.indexOf(timestep, first + 1);
    return first === 0 || second === -1 ? first : second;
  }
}
