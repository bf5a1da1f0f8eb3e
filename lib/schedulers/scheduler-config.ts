import { z } from 'zod';

import { ModelLoadError, OpenVINODiffusersError } from '../common/errors.js';
import { unknownOption, wrongValue } from '../common/options.js';
import type { TimestepOptions } from './timestep-options.js';

/** The static description of a scheduler class: its name and the keys of its config. */
export interface SchedulerDefinition {
  /** diffusers' name of the class. */
  readonly className: string;
  /** Every key with its default and a description; keys are diffusers' in camelCase. */
  readonly schema: z.ZodObject;
  /**
   * Keys for features that diffusers has and this package lacks, each with the values that turn the feature on, or a
   * function that finds them.
   */
  readonly unsupported: Readonly<Record<string, readonly unknown[] | ((value: unknown) => boolean)>>;
  /** What `setTimesteps` takes besides a number of steps. */
  readonly timestepOptions?: readonly Exclude<keyof TimestepOptions, 'numInferenceSteps'>[];
  /** Values that other schedulers write under a key of this one, and what diffusers replaces them with. */
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A schema with exactly the keys of a config. */
export function configSchema<Config>(shape: { [Key in keyof Config]-?: z.ZodType<Config[Key]> }): z.ZodObject<
  { [Key in keyof Config]-?: z.ZodType<Config[Key]> },
  z.core.$strict
> {
  return z.strictObject(shape);
}

/**
 * Where a config lists the keys that were given, not defaulted (diffusers lists the others, `_use_default_values`):
 * another class has its own defaults. A symbol of the registry, as another copy of the package reads it too.
 */
const GIVEN_KEYS = Symbol.for('openvino-diffusers.givenKeys');

function givenKeysOf(config: object): ReadonlySet<string> | undefined {
  return (config as { [GIVEN_KEYS]?: ReadonlySet<string> })[GIVEN_KEYS];
}

function frozenConfig<Config extends object>(config: Config, given: Iterable<string>): Config {
  return Object.freeze(Object.defineProperty(config, GIVEN_KEYS, { value: new Set(given) }));
}

/**
 * A complete config from the keys that were given.
 *
 * @throws InvalidArgumentError `UNKNOWN_OPTION`, `INVALID_ARGUMENT`
 * @throws ModelLoadError `UNSUPPORTED`
 */
export function completeConfig(definition: SchedulerDefinition, given: object): Record<string, unknown> {
  const { className, schema, unsupported } = definition;
  const known = Object.keys(schema.shape);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(camelKeys(given))) {
    if (Object.hasOwn(unsupported, key)) requireSupported(className, key, value, unsupported[key]!);
    if (known.includes(key)) values[key] = withoutAlias(definition, key, value);
    else if (!Object.hasOwn(unsupported, key)) throw unknownOption(key, known, className);
  }
  const result = schema.safeParse(values);
  if (!result.success) {
    const name = String(result.error.issues[0]?.path[0]);
    throw wrongValue((schema.shape[name] as z.ZodType).description ?? 'another value', name, values[name]);
  }
  return frozenConfig(result.data, Object.keys(values));
}

function requireSupported(
  className: string,
  key: string,
  value: unknown,
  unsupported: readonly unknown[] | ((value: unknown) => boolean),
): void {
  if (!(typeof unsupported === 'function' ? unsupported(value) : unsupported.includes(value))) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${className} does not support ${key}: ${JSON.stringify(value)} yet`,
  );
}

/**
 * A config that carries keys of other classes besides its own, as diffusers' do: the file of SD 1.5 is a
 * PNDMScheduler's with `clip_sample: false`, which PNDM ignores and a DDIMScheduler made from its config needs.
 */
export function withHiddenKeys<Config extends object>(
  config: Config,
  hidden: Readonly<Record<string, unknown>>,
): Config {
  return frozenConfig({ ...hidden, ...config }, [...(givenKeysOf(config) ?? []), ...Object.keys(hidden)]);
}

/** A config split by whether a class has its keys. */
export interface AdoptedConfig {
  /** Keys the class has, as given. */
  readonly known: Record<string, unknown>;
  /** Keys it lacks, which stay in its config for other classes; in camelCase. */
  readonly hidden: Record<string, unknown>;
}

/**
 * What a class takes from a config that may be a file's or another scheduler's. Keys that the other scheduler only
 * defaulted are dropped, so that this class applies its own defaults; so are private ones (`_class_name`, …).
 *
 * @see diffusers' ConfigMixin.extract_init_dict
 */
export function adoptConfig(definition: SchedulerDefinition, config: object): AdoptedConfig {
  const given = givenKeysOf(config);
  const adopted: AdoptedConfig = { known: {}, hidden: {} };
  for (const [key, value] of Object.entries(camelKeys(config))) {
    if (key.startsWith('_') || (given && !given.has(key))) continue;
    const knows = Object.hasOwn(definition.schema.shape, key) || Object.hasOwn(definition.unsupported, key);
    adopted[knows ? 'known' : 'hidden'][key] = value;
  }
  return adopted;
}

/**
 * A copy of a scheduler's config with other values, whose keys count as given only if they did before: correcting a
 * defaulted value does not make the default of another class void, as in diffusers' pipelines.
 */
export function replaceValues<Config extends object>(config: Config, values: Partial<Config>): Config {
  return frozenConfig({ ...config, ...values }, givenKeysOf(config) ?? []);
}

/**
 * Runs `make`, which builds a scheduler from a file's config, and names the file in what it throws.
 *
 * @param source - the file's path
 * @throws ModelLoadError `CONFIG_INVALID` for a wrong value, `UNSUPPORTED`
 */
export function fromFile<T>(source: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof OpenVINODiffusersError)) throw cause;
    const code = cause.code === 'UNSUPPORTED' ? 'UNSUPPORTED' : 'CONFIG_INVALID';
    const message = cause.message.replace(/(?<= for )(\w+)(?= but received )/, (key) => snakeKey(key));
    throw new ModelLoadError(code, `${source}: ${message}`, { cause });
  }
}

/** The contents of scheduler_config.json. */
export function toFileConfig(className: string, config: object): Record<string, unknown> {
  const keys = Object.entries(config).map(([key, value]) => [snakeKey(key), value] as const);
  return { _class_name: className, ...Object.fromEntries(keys) };
}

function withoutAlias({ aliases }: SchedulerDefinition, key: string, value: unknown): unknown {
  const replacements = aliases?.[key];
  return replacements && typeof value === 'string' && Object.hasOwn(replacements, value)
    ? replacements[value]
    : value;
}

function camelKeys(config: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
  );
}

function snakeKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
