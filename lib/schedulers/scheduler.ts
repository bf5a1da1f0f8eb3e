import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { InvalidArgumentError } from '../common/errors.js';
import { fileExists } from '../common/file-exists.js';
import { wrongValue } from '../common/options.js';
import { adoptedKeys, completeConfig, toFileConfig, type SchedulerDefinition } from './scheduler-config.js';

/** What a step may need besides its tensors. */
export interface StepOptions {
  /** η of DDIM; others ignore it. Default: 0. */
  eta?: number | undefined;
  /** Standard-normal noise of the sample's size; called by schedulers that add some. */
  noise?: (() => Float32Array) | undefined;
  /** Pictures in the flattened sample; thresholding looks at each alone. Default: 1. */
  batchSize?: number | undefined;
}

export interface StepOutput {
  /** The less noisy sample, of the sample's size. */
  prevSample: Float32Array;
  /** What the picture without noise is thought to be, where the scheduler computes it. */
  predOriginalSample?: Float32Array;
}

/** A scheduler's class: what the static methods are called on. */
export interface SchedulerClass<Instance extends Scheduler = Scheduler> {
  new (config?: object): Instance;
  readonly definition: SchedulerDefinition;
}

/** The file's other keys are checked by the class that takes them. */
export const schedulerFile = z.looseObject({ _class_name: z.string().optional() });

/**
 * Steers denoising: which timesteps, and how to get from one sample to the next. As diffusers' schedulers, an object
 * keeps the state of one generation between `setTimesteps` and the last `step`.
 *
 * @see https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
export abstract class Scheduler<Config extends object = object> {
  /** Every key with its value; keys are diffusers' in camelCase. */
  readonly config: Readonly<Config>;
  /** diffusers' name of the class. */
  readonly className: string;
  /** Calls of the UNet a step. */
  readonly order: number = 1;
  protected schedule: readonly number[] = [];
  #steps: number | undefined;

  protected constructor(definition: SchedulerDefinition, config: object) {
    this.config = completeConfig(definition, config) as Config;
    this.className = definition.className;
  }

  /**
   * @param config - another scheduler's `config`, or a scheduler_config.json's contents; keys in snake_case or
   * camelCase; keys this class does not have are ignored
   * @param overrides - keys to set besides; all must be known
   * @throws InvalidArgumentError `UNKNOWN_OPTION`, `INVALID_ARGUMENT`
   * @throws ModelLoadError `UNSUPPORTED` for a feature of diffusers that this package lacks
   */
  static fromConfig<Instance extends Scheduler>(
    this: SchedulerClass<Instance>,
    config: object,
    overrides: object = {},
  ): Instance {
    return new this({ ...adoptedKeys(this.definition, config), ...adoptedOverrides(overrides) });
  }

  /**
   * @param folder - a model's folder, or the scheduler's own
   * @param options - `subfolder`: where in it scheduler_config.json is; default: 'scheduler' where there is one
   * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `UNSUPPORTED`
   */
  static async fromPretrained<Instance extends Scheduler>(
    this: SchedulerClass<Instance>,
    folder: string,
    options: { subfolder?: string } = {},
  ): Promise<Instance> {
    const file = await readSchedulerFile(folder, options.subfolder);
    return new this(adoptedKeys(this.definition, file));
  }

  /** Timesteps from the noisiest down, as the UNet takes them; set by `setTimesteps`. */
  get timesteps(): readonly number[] {
    return this.schedule;
  }

  /** Deviation of the noise that a generation starts from. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- some schedulers compute it
  get initNoiseSigma(): number {
    return 1;
  }

  protected get numInferenceSteps(): number {
    if (this.#steps !== undefined) return this.#steps;
    throw new InvalidArgumentError(`setTimesteps() must be called before a ${this.className} can step`);
  }

  /**
   * Begins a generation.
   *
   * @throws InvalidArgumentError unless it is a whole number from 1 to the timesteps of training
   */
  setTimesteps(numInferenceSteps: number): void {
    const { numTrainTimesteps } = this.config as { numTrainTimesteps?: number };
    const most = numTrainTimesteps ?? Infinity;
    if (!Number.isInteger(numInferenceSteps) || numInferenceSteps < 1 || numInferenceSteps > most) {
      throw wrongValue(`integer between 1 and ${most}`, 'numInferenceSteps', numInferenceSteps);
    }
    this.#steps = numInferenceSteps;
    this.schedule = this.begin(numInferenceSteps);
  }

  /** What the UNet is to see of the sample; may be the sample itself. */
  scaleModelInput(sample: Float32Array, _timestep: number): Float32Array {
    return sample;
  }

  /**
   * One step back. Changes none of its arguments.
   *
   * @param modelOutput - the UNet's prediction, guided; of the sample's size
   * @param timestep - one of `timesteps`, in their order
   * @throws InvalidArgumentError before `setTimesteps`, for a timestep not in the schedule, or without noise where
   * some is needed
   */
  abstract step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options?: StepOptions,
  ): StepOutput;

  /** A sample as noisy as at this timestep. */
  abstract addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array;

  /** A scheduler of the same configuration, at its beginning. */
  clone(): this {
    const { constructor } = this as unknown as { constructor: typeof Scheduler & SchedulerClass };
    return constructor.fromConfig(this.config) as this;
  }

  /** The contents of scheduler_config.json. */
  toJSON(): Record<string, unknown> {
    return toFileConfig(this.className, this.config);
  }

  /** Sets up the state for a generation and gives its timesteps. */
  protected abstract begin(numInferenceSteps: number): number[];

  /** @throws InvalidArgumentError before `setTimesteps`, or for a timestep not in the schedule */
  protected requireTimestep(timestep: number): void {
    if (this.numInferenceSteps < 1 || !this.schedule.includes(timestep)) {
      throw new InvalidArgumentError(`Expected one of the scheduler's timesteps but received ${timestep}`);
    }
  }
}

/** @throws InvalidArgumentError without a source of noise */
export function requireNoise(options: StepOptions, className: string): Float32Array {
  if (options.noise) return options.noise();
  throw new InvalidArgumentError(`${className} adds noise at each step: pass { noise }`);
}

/** Reads scheduler_config.json from a model's folder or the scheduler's own. */
export async function readSchedulerFile(
  folder: string,
  subfolder?: string,
): Promise<z.output<typeof schedulerFile>> {
  const nested = join(folder, subfolder ?? 'scheduler', 'scheduler_config.json');
  const own = join(folder, 'scheduler_config.json');
  const path =
    subfolder === undefined && !(await fileExists(nested)) && (await fileExists(own)) ? own : nested;
  return readConfigFile(path, schedulerFile);
}

function adoptedOverrides(overrides: unknown): object {
  if (typeof overrides === 'object' && overrides !== null) return overrides;
  throw wrongValue('an object', 'overrides', overrides);
}
