import { toFileConfig } from './scheduler-config.js';
import type { TimestepOptions } from './timestep-options.js';

/** What a step may need besides its tensors. */
export interface StepOptions {
  /**
   * η of DDIM, 0 (deterministic) to 1 (as noisy as DDPM), default 0, or γ of TCD, 0 to 1, default 0.3; others ignore it.
   */
  eta?: number | undefined;
  /** Returns standard-normal noise of the sample's size; called by schedulers that add noise. */
  noise?: (() => Float32Array) | undefined;
  /** Images in the flattened sample; dynamic thresholding treats each by itself. Default: 1. */
  batchSize?: number | undefined;
}

/** The result of a step. */
export interface StepOutput {
  /** x_{t−1}, the less noisy sample, of the sample's size. */
  prevSample: Float32Array;
  /** x_0 as predicted at this step, where the scheduler computes it. */
  predOriginalSample?: Float32Array;
}

/** Marks schedulers of every copy of this module: a package's ESM and CommonJS builds each have one. */
const BRAND = Symbol.for('openvino-diffusers.Scheduler');

/**
 * The interface between a pipeline and a noise schedule: which timesteps to denoise at, and how to get from one
 * sample to the next. Extend it to write a scheduler of your own; diffusers' schedulers here extend
 * `ConfigurableScheduler`, which adds configs and files.
 *
 * A scheduler holds the state of one generation. A pipeline takes a `clone()` for each and calls, in this order:
 *
 * 1. `setTimesteps(numInferenceSteps)`, which resets the state;
 * 2. for image-to-image `setBeginIndex(index)` and `addNoise(…, timesteps[index])`; for text-to-image it multiplies
 *    noise by `initNoiseSigma`;
 * 3. for each of `timesteps`, from the begin index on: `scaleModelInput`, a call of the UNet, `step`. A scheduler of
 *    order 2 lists a timestep twice, once for each call of the UNet.
 *
 * Tensors are flattened, row-major, the batch first. No method may change a tensor it is given.
 *
 * @example
 * ```ts
 * // A single step of Euler's method, for distilled models.
 * class OneStepScheduler extends Scheduler<{ sigma: number }> {
 *   readonly className = 'OneStepScheduler';
 *   readonly config = { sigma: 14.6146 };
 *   readonly timesteps = [999];
 *   override get initNoiseSigma() {
 *     return this.config.sigma;
 *   }
 *   setTimesteps() {}
 *   override scaleModelInput(sample: Float32Array) {
 *     return sample.map((value) => value / Math.hypot(this.config.sigma, 1));
 *   }
 *   step(modelOutput: Float32Array, _timestep: number, sample: Float32Array) {
 *     return { prevSample: sample.map((value, i) => value - this.config.sigma * modelOutput[i]!) };
 *   }
 *   addNoise(original: Float32Array, noise: Float32Array) {
 *     return original.map((value, i) => value + this.config.sigma * noise[i]!);
 *   }
 *   clone() {
 *     return new OneStepScheduler() as this;
 *   }
 * }
 * pipeline.scheduler = new OneStepScheduler();
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
export abstract class Scheduler<Config extends object = object> {
  /** The name of the class, diffusers' where diffusers has it; written to image metadata and scheduler_config.json. */
  abstract readonly className: string;
  /** Every key with its value; keys are diffusers' in camelCase. */
  abstract readonly config: Readonly<Config>;
  /** Timesteps from the noisiest down, as the UNet takes them; set by `setTimesteps`, empty before. */
  abstract readonly timesteps: readonly number[];
  /**
   * Calls of the UNet per inference step: `timesteps` has `order` entries for each, though fewer for the last one.
   * Pipelines report a step after every `order` of them, and after the last. Default: 1.
   */
  readonly order: number = 1;

  /** The options that `setTimesteps` takes besides a number. Default: 'numInferenceSteps' alone. */

  get timestepOptions(): readonly (keyof TimestepOptions)[] {
    return ['numInferenceSteps'];
  }

  /** Standard deviation of the noise that text-to-image starts from; valid after `setTimesteps`. Default: 1. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- some schedulers compute it
  get initNoiseSigma(): number {
    return 1;
  }

  /** Whether a value is a scheduler, of this or another copy of the package (ESM and CommonJS, another version). */
  static isScheduler(value: unknown): value is Scheduler {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** `value instanceof Scheduler` holds for schedulers of another copy of the package too. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return this === Scheduler
      ? this.isScheduler(value)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /**
   * Computes `timesteps` and resets the state of a generation.
   *
   * @param steps - a number of steps from 1, to which some schedulers have an upper limit, or an object with one of
   * `numInferenceSteps`, `timesteps` and `sigmas`. Only what `timestepOptions` lists is given to a scheduler.
   * @throws InvalidArgumentError for what the scheduler cannot take
   */
  abstract setTimesteps(steps: number | TimestepOptions): void;

  /**
   * Where in `timesteps` the generation starts: above 0 for image-to-image. Call it after `setTimesteps`, before
   * `addNoise` and the first step. A scheduler without a position of its own needs none and may inherit this method,
   * which does nothing.
   *
   * @throws InvalidArgumentError unless it is an index of `timesteps`
   */
  setBeginIndex(_index: number): void {
    // Most schedulers find their position by the timestep of a step.
  }

  /** The UNet's input for a sample; may be the sample itself, which is the default. */
  scaleModelInput(sample: Float32Array, _timestep: number): Float32Array {
    return sample;
  }

  /**
   * One step of denoising, from x_t to x_{t−1}.
   *
   * @param modelOutput - the UNet's prediction after guidance, of the sample's size
   * @param timestep - the next of `timesteps`
   * @param sample - x_t, not scaled
   * @throws InvalidArgumentError before `setTimesteps`, for a timestep that is not in `timesteps`, after the last one,
   * or without `noise` where some is needed
   * @throws ShapeMismatchError for tensors of different sizes
   */
  abstract step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options?: StepOptions,
  ): StepOutput;

  /**
   * Noises a clean sample to the level of a timestep (the forward process).
   *
   * @param timestep - one of `timesteps`, or where the scheduler has a table of them any timestep of training
   * @throws InvalidArgumentError for another timestep
   * @throws ShapeMismatchError for tensors of different sizes
   */
  abstract addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array;

  /** A scheduler of the same config without this one's state; pipelines take one for each generation. */
  abstract clone(): this;

  /** The contents of scheduler_config.json: `_class_name`, and `config` with keys in snake_case. */
  toJSON(): Record<string, unknown> {
    return toFileConfig(this.className, this.config);
  }

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }
}
