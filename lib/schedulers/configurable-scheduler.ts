import { InvalidArgumentError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import {
  adoptConfig,
  completeConfig,
  fromFile,
  replaceValues,
  withHiddenKeys,
  type SchedulerDefinition,
} from './scheduler-config.js';
import { readSchedulerFile } from './scheduler-file.js';
import type { SchedulerLocation } from './scheduler-location.js';
import { Scheduler, type StepOptions } from './scheduler.js';
import { checkTimestepOptions, timestepOptions, type TimestepOptions } from './timestep-options.js';
import { warnOfUnknownKeys } from './unknown-keys.js';

/** A class of schedulers with a config; its static methods are called on one of these. */
export interface SchedulerClass<Instance extends ConfigurableScheduler = ConfigurableScheduler> {
  new (config?: object): Instance;
  readonly definition: SchedulerDefinition;
}

/**
 * Base of the schedulers that have a config in diffusers' form (its SchedulerMixin and ConfigMixin).
 *
 * @example
 * ```ts
 * const { scheduler } = pipeline;
 * if (scheduler instanceof ConfigurableScheduler) console.log(scheduler.className, scheduler.config);
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
export abstract class ConfigurableScheduler<Config extends object = object> extends Scheduler<Config> {
  override readonly className: string;
  /** The value of `timesteps`. */
  protected schedule: readonly number[] = [];
  #config: Readonly<Config>;
  #numInferenceSteps: number | undefined;

  protected constructor(definition: SchedulerDefinition, config: object) {
    super();
    this.#config = completeConfig(definition, config) as Config;
    this.className = definition.className;
  }

  /**
   * A scheduler made from another one's config.
   *
   * As diffusers' `from_config`: keys that the other scheduler only defaulted get this class's defaults, and keys
   * this class does not have stay in `config` without effect, for the next class made from it.
   *
   * @param config - another scheduler's `config`, or the contents of a scheduler_config.json; keys in snake_case or
   * camelCase
   * @param overrides - keys to set besides; all must be known to this class
   * @throws InvalidArgumentError `UNKNOWN_OPTION` for an unknown key in `overrides`, `INVALID_ARGUMENT` for a wrong
   * value
   * @throws ModelLoadError `UNSUPPORTED` for a feature of diffusers that this package lacks, `CONFIG_INVALID` for
   * keys that contradict each other
   * @example
   * ```ts
   * pipeline.scheduler = DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config, {
   *   useKarrasSigmas: true,
   * });
   * ```
   */
  static fromConfig<Instance extends ConfigurableScheduler>(
    this: SchedulerClass<Instance>,
    config: object,
    overrides: object = {},
  ): Instance {
    const { known, hidden } = adoptConfig(this.definition, requireObject(config, 'config'));
    const scheduler = new this({ ...known, ...requireObject(overrides, 'overrides') });
    scheduler.#config = withHiddenKeys(scheduler.#config, hidden);
    return scheduler;
  }

  /**
   * Reads scheduler_config.json, of this class or another.
   *
   * @param idOrFolder - a model's folder or the scheduler's own, or the id of a model on the hub, of which only
   * scheduler_config.json is downloaded; 'openvino-diffusers/schedulers' alone does not download
   * @throws ModelLoadError `MODEL_NOT_FOUND`, `UNSUPPORTED`, and `CONFIG_INVALID` naming the file and the key
   * @throws HubError, SaveError; the signal's reason
   * @example
   * ```ts
   * const scheduler = await EulerDiscreteScheduler.fromPretrained('org/model', { subfolder: 'scheduler' });
   * ```
   */
  static async fromPretrained<Instance extends ConfigurableScheduler>(
    this: SchedulerClass<Instance>,
    idOrFolder: string,
    options: SchedulerLocation = {},
  ): Promise<Instance> {
    const file = await readSchedulerFile(idOrFolder, options);
    warnOfUnknownKeys(file.config, file.path);
    return fromFile(file.path, () => ConfigurableScheduler.fromConfig.call(this, file.config) as Instance);
  }

  override get config(): Readonly<Config> {
    return this.#config;
  }

  override get timesteps(): readonly number[] {
    return this.schedule;
  }

  /**
   * The config without keys of other classes, which `config` may hold: a base class reads keys here that not all of its
   * classes have.
   */
  protected get ownConfig(): Readonly<Config> {
    const { constructor } = this as unknown as { constructor: SchedulerClass };
    const keys = Object.keys(constructor.definition.schema.shape) as (keyof Config)[];
    return Object.fromEntries(keys.map((key) => [key, this.config[key]])) as Config;
  }

  /** @throws InvalidArgumentError before `setTimesteps` */
  protected get numInferenceSteps(): number {
    if (this.#numInferenceSteps !== undefined) return this.#numInferenceSteps;
    throw new InvalidArgumentError(`setTimesteps() must be called before a ${this.className} can step`);
  }

  override get timestepOptions(): readonly (keyof TimestepOptions)[] {
    const { constructor } = this as unknown as { constructor: SchedulerClass };
    return ['numInferenceSteps', ...(constructor.definition.timestepOptions ?? [])];
  }

  /**
   * @param steps - from 1 to `numTrainTimesteps`, less where spacing and offset lead past the last timestep of
   * training; or an object with one of `numInferenceSteps`, `timesteps` and `sigmas`, of those that `timestepOptions`
   * lists
   * @throws InvalidArgumentError
   * @example
   * ```ts
   * scheduler.setTimesteps(20);
   * scheduler.setTimesteps({ timesteps: [999, 749, 499, 249] });
   * ```
   */
  override setTimesteps(steps: number | TimestepOptions): void {
    const options = timestepOptions(steps);
    checkTimestepOptions(options, this.className, this.timestepOptions);
    const { numTrainTimesteps } = this.config as { numTrainTimesteps?: number };
    const most = numTrainTimesteps ?? Infinity;
    const { numInferenceSteps: given, timesteps, sigmas } = options;
    const count = timesteps?.length ?? sigmas?.length ?? given!;
    if ('numInferenceSteps' in options && (!Number.isInteger(given) || count < 1 || count > most)) {
      throw wrongValue(`integer between 1 and ${most}`, 'numInferenceSteps', given);
    }
    if (timesteps && timesteps[0]! >= most) {
      throw new InvalidArgumentError(
        `Expected timesteps below ${most}, the number of training, but received ${timesteps[0]!}`,
      );
    }
    this.schedule = this.begin(count, options);
    this.#numInferenceSteps = count;
  }

  override clone(): this {
    return this.withConfig({});
  }

  /**
   * A scheduler of the same config with other values, in the initial state. Which keys count as given stays.
   *
   * @internal
   */
  withConfig(values: Partial<Config>): this {
    const { constructor } = this as unknown as { constructor: SchedulerClass<ConfigurableScheduler<Config>> };
    const { known } = adoptConfig(constructor.definition, { ...this.config, ...values });
    const scheduler = new constructor(known);
    scheduler.#config = replaceValues(this.#config, values);
    return scheduler as this;
  }

  /**
   * Computes the timesteps and resets the state.
   *
   * @param numInferenceSteps - the number of steps, or the length of a custom schedule
   * @param options - checked, with the custom schedule where there is one
   * @throws InvalidArgumentError for a number of steps or a schedule that the config does not allow
   */
  protected abstract begin(numInferenceSteps: number, options: TimestepOptions): number[];

  /** @throws InvalidArgumentError before `setTimesteps`, or for a timestep that is not in `timesteps` */
  protected requireTimestep(timestep: number): void {
    if (this.numInferenceSteps < 1 || !this.schedule.includes(timestep)) {
      throw new InvalidArgumentError(`Expected one of the scheduler's timesteps but received ${timestep}`);
    }
  }

  /** @throws InvalidArgumentError without a source of noise */
  protected requireNoise({ noise }: StepOptions): Float32Array {
    if (noise) return noise();
    throw new InvalidArgumentError(`${this.className} adds noise at each step: pass { noise }`);
  }
}

function requireObject(value: unknown, name: string): object {
  if (typeof value === 'object' && value !== null) return value;
  throw wrongValue('an object', name, value);
}
