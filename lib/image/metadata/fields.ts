import type { GenerationParameters } from './parameters.js';
import type { SchedulerConfig } from './samplers.js';

/** Parameters that correspond to one field each. */
type Plain = Exclude<
  keyof GenerationParameters,
  | 'prompt'
  | 'negativePrompt'
  | 'scheduler'
  | 'schedulerConfig'
  | 'scheduleType'
  | 'eta'
  | 'width'
  | 'height'
  | 'otherFields'
>;

/** The name, writer and reader of one parameter's field. */
export interface Field<Value> {
  /** The web UI's name where it has one. */
  readonly name: string;
  readonly write: (value: Value) => string | undefined;
  /** Returns undefined for an invalid value. */
  readonly read: (text: string) => Value | undefined;
}

const text = (name: string): Field<string> => ({ name, write: (value) => value, read: (value) => value });

const number = (name: string): Field<number> => ({ name, write: String, read: readNumber });

/** A flag that is written when it is on. */
const whenTrue = (name: string): Field<boolean> => ({
  name,
  write: (value) => (value ? 'True' : undefined),
  read: (value) => (/^true$/i.test(value) ? true : undefined),
});

/** A count from 0 that is written as a count from `first`. */
const countedFrom = (name: string, first: number): Field<number> => ({
  name,
  write: (value) => String(value + first),
  read: (value) => {
    const count = readInteger(value);
    return count === undefined || count < first ? undefined : count - first;
  },
});

const VERSION_PREFIX = 'openvino-diffusers ';

export const plainFields: { readonly [Key in Plain]: Field<NonNullable<GenerationParameters[Key]>> } = {
  numInferenceSteps: countedFrom('Steps', 0),
  guidanceScale: number('CFG scale'),
  guidanceRescale: number('Guidance rescale'),
  guidanceStart: number('Guidance start'),
  guidanceEnd: number('Guidance end'),
  seed: { name: 'Seed', write: String, read: readSeed },
  model: text('Model'),
  batchSize: countedFrom('Batch size', 0),
  batchIndex: countedFrom('Batch pos', 0),
  strength: number('Denoising strength'),
  // The web UI counts from 1, its default, which it does not write.
  clipSkip: {
    ...countedFrom('Clip skip', 1),
    write: (value) => (value === 0 ? undefined : String(value + 1)),
  },
  promptWeighting: whenTrue('Prompt weighting'),
  longPrompts: whenTrue('Long prompts'),
  rng: text('RNG'),
  inferencePrecision: text('Inference precision'),
  weightFormat: text('Weight format'),
  version: {
    name: 'Version',
    write: (value) => VERSION_PREFIX + value,
    read: (value) => (value.startsWith(VERSION_PREFIX) ? value.slice(VERSION_PREFIX.length) : undefined),
  },
};

/** Names of the fields that do not correspond to one parameter each. */
export const FIELD = {
  sampler: 'Sampler',
  scheduleType: 'Schedule type',
  size: 'Size',
  eta: 'Eta',
  etaDdim: 'Eta DDIM',
  schedulerConfig: 'Scheduler config',
  prompt: 'Prompt',
  negativePrompt: 'Negative prompt',
} as const;

/** All names of fields that are read into parameters. */
export const knownFields: ReadonlySet<string> = new Set([
  ...Object.values(FIELD),
  ...Object.values(plainFields).map(({ name }) => name),
]);

export function readNumber(value: string): number | undefined {
  const parsed = /^-?[\d.]{1,30}(?:e[+-]?\d{1,3})?$/i.test(value) ? Number(value) : NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}

export function readInteger(value: string): number | undefined {
  const parsed = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  return Number.isSafeInteger(parsed) ? parsed : undefined;
}

export function readSize(value: string): { width: number; height: number } | undefined {
  const [, width, height] = /^(\d{1,9})x(\d{1,9})$/.exec(value) ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}

function readSeed(value: string): number | bigint | undefined {
  if (!/^-?\d{1,20}$/.test(value)) return undefined;
  const seed = BigInt(value);
  return Number.isSafeInteger(Number(seed)) ? Number(seed) : seed;
}

const NOT_JSON: Readonly<Record<string, number>> = { Infinity, '-Infinity': -Infinity };

/** A config as JSON, infinite numbers as strings; undefined for an empty one. */
export function writeConfig(config: SchedulerConfig): string | undefined {
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return undefined;
  return JSON.stringify(Object.fromEntries(entries), (_, value: unknown) =>
    value === Infinity || value === -Infinity ? String(value) : value,
  );
}

/** Returns undefined for anything but an object of primitive values and lists of numbers. */
export function readConfig(value: string): SchedulerConfig | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const entries = Object.entries(parsed);
  if (!entries.every(([key, item]) => /^[a-z][A-Za-z0-9]{0,60}$/.test(key) && isConfigValue(item))) {
    return undefined;
  }
  return Object.fromEntries(
    entries.map(([key, item]: [string, unknown]) => [
      key,
      typeof item === 'string' && Object.hasOwn(NOT_JSON, item) ? NOT_JSON[item] : item,
    ]),
  );
}

function isConfigValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number');
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
