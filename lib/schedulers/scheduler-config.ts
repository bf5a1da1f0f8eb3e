import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import { unknownOption, wrongValue } from '../common/options.js';

/** What a scheduler class says of its configuration. */
export interface SchedulerDefinition {
  /** diffusers' name of the class. */
  readonly className: string;
  /** Every key with its default and a description; keys are diffusers' in camelCase. */
  readonly schema: z.ZodObject;
  /** Keys diffusers has and we do not, with the one value that asks for nothing. */
  readonly refused: Readonly<Record<string, unknown>>;
}

/** Which keys of a configuration were given, not defaulted: another class defaults the others in its own way. */
const givenKeys = new WeakMap<object, readonly string[]>();

/**
 * A complete configuration from the keys that were given.
 *
 * @throws InvalidArgumentError `UNKNOWN_OPTION`, `INVALID_ARGUMENT`; ModelLoadError `UNSUPPORTED`
 */
export function completeConfig(definition: SchedulerDefinition, given: object): Record<string, unknown> {
  const { className, schema, refused } = definition;
  const known = Object.keys(schema.shape);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(camelKeys(given))) {
    if (known.includes(key)) values[key] = value;
    else if (!(key in refused)) throw unknownOption(key, known, className);
    else if (value !== refused[key] && value !== null && value !== undefined) {
      throw new ModelLoadError(
        'UNSUPPORTED',
        `${className} here does not support ${key}: ${JSON.stringify(value)}`,
      );
    }
  }
  const result = schema.safeParse(values);
  if (!result.success) {
    const name = String(result.error.issues[0]?.path[0]);
    throw wrongValue((schema.shape[name] as z.ZodType).description ?? 'another value', name, values[name]);
  }
  const config = Object.freeze(result.data);
  givenKeys.set(config, Object.keys(values));
  return config;
}

/**
 * What a class takes over from a configuration, which may be a file's or another scheduler's: the keys it knows.
 * Keys that the other scheduler merely defaulted are left to this class's own defaults, as diffusers does.
 */
export function adoptedKeys(definition: SchedulerDefinition, config: object): Record<string, unknown> {
  const given = givenKeys.get(config);
  return Object.fromEntries(
    Object.entries(camelKeys(config)).filter(
      ([key]) =>
        (key in definition.schema.shape || key in definition.refused) && (given?.includes(key) ?? true),
    ),
  );
}

/** The contents of scheduler_config.json. */
export function toFileConfig(className: string, config: object): Record<string, unknown> {
  const keys = Object.entries(config).map(([key, value]) => [snakeKey(key), value] as const);
  return { _class_name: className, ...Object.fromEntries(keys) };
}

function camelKeys(config: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
  );
}

function snakeKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
