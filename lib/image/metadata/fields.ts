import type { GenerationParameters } from './parameters.js';
import type { SchedulerConfig } from './samplers.js';

/** Parameters that each are one field of the text. */
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

/** How one parameter is written and read. */
export interface Field<Value> {
  /** As AUTOMATIC1111's web UI has it where it has it. */
  readonly name: string;
  readonly write: (value: Value) => string | undefined;
  /** Undefined when the text is no such value. */
  readonly read: (text: string) => Value | undefined;
}

const text = (name: string): Field<string> => ({ name, write: (value) => value, read: (value) => value });

const number = (name: string): Field<number> => ({ name, write: String, read: readNumber });

/** Written plus one. */
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
  seed: { name: 'Seed', write: String, read: readSeed },
  model: text('Model'),
  batchSize: countedFrom('Batch size', 0),
  batchIndex: countedFrom('Batch pos', 0),
  strength: number('Denoising strength'),
  // 1 is the last layer there, which is never written.
  clipSkip: {
    ...countedFrom('Clip skip', 1),
    write: (value) => (value === 0 ? undefined : String(value + 1)),
  },
  rng: text('RNG'),
  inferencePrecision: text('Inference precision'),
  weightFormat: text('Weight format'),
  version: {
    name: 'Version',
    write: (value) => VERSION_PREFIX + value,
    read: (value) => (value.startsWith(VERSION_PREFIX) ? value.slice(VERSION_PREFIX.length) : undefined),
  },
};

/** Fields that take more than one parameter, or stand for one in several ways. */
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

/** Every name that is read into a parameter. */
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

/** Numbers that JSON does not have are written as strings. */
export function writeConfig(config: SchedulerConfig): string | undefined {
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return undefined;
  return JSON.stringify(Object.fromEntries(entries), (_, value: unknown) =>
    value === Infinity || value === -Infinity ? String(value) : value,
  );
}

/** Undefined for anything but an object of plain values and lists of numbers. */
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
