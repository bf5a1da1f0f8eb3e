import { z } from 'zod';

import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';

/** One prompt, several for one batch, or none where encoded ones are given. */
export type Prompt = string | readonly string[] | undefined;

/** What a text encoder made of prompts; `data` in row-major order of `shape`. */
export interface PromptEmbeds {
  readonly data: Float32Array;
  /** [prompts, tokens, width]; pooled: [prompts, width] */
  readonly shape: readonly number[];
}

/** Encoded prompts in place of texts; names as in diffusers. */
export interface PromptEmbedsOptions {
  /** Encoded prompts in place of `prompt`, [prompts, tokens, width]; as `encodePrompt` gives them. */
  promptEmbeds?: PromptEmbeds | undefined;
  /** Encoded negative prompts in place of `negativePrompt`, of the shape that the prompts have. */
  negativePromptEmbeds?: PromptEmbeds | undefined;
}

/** Those of Stable Diffusion XL. */
export interface PooledPromptEmbedsOptions {
  /** With `promptEmbeds`: their pooled text, [prompts, width]. */
  pooledPromptEmbeds?: PromptEmbeds | undefined;
  /** With `negativePromptEmbeds`: their pooled text, [prompts, width]. */
  negativePooledPromptEmbeds?: PromptEmbeds | undefined;
}

const isShape = (value: unknown, axes: number): value is number[] =>
  Array.isArray(value) &&
  value.length === axes &&
  value.every((size) => Number.isInteger(size) && (size as number) > 0);

/** By its tag: test runners and Electron have a Float32Array of another realm. */
const isFloats = (value: unknown): value is Float32Array =>
  Object.prototype.toString.call(value) === '[object Float32Array]';

function isEmbeds(value: unknown, axes: number): boolean {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) return false;
  const { data, shape } = value;
  if (!isFloats(data) || !isShape(shape, axes)) return false;
  return shape.reduce((product, size) => product * size, 1) === data.length;
}

const embeds = z
  .custom<PromptEmbeds>((value) => isEmbeds(value, 3))
  .describe('{ data: Float32Array, shape: [prompts, tokens, width] } of as many elements');
const pooledEmbeds = z
  .custom<PromptEmbeds>((value) => isEmbeds(value, 2))
  .describe('{ data: Float32Array, shape: [prompts, width] } of as many elements');

export const promptEmbedsFields = {
  promptEmbeds: embeds.optional(),
  negativePromptEmbeds: embeds.optional(),
};
export const pooledPromptEmbedsFields = {
  pooledPromptEmbeds: pooledEmbeds.optional(),
  negativePooledPromptEmbeds: pooledEmbeds.optional(),
};

/** What embeddings have to fit. */
interface EmbedsFit {
  /** Of the states that the UNet takes. */
  readonly width: number;
  /** Of the pooled text; undefined where the UNet takes none. */
  readonly pooledWidth?: number | undefined;
  /** Tokens of a chunk. */
  readonly tokens: number;
  /** Chunks of the texts that are given. */
  readonly chunks: number;
  /** Prompts of the call. */
  readonly prompts: number;
}

/**
 * Checks embeddings against each other and against the texts beside them.
 *
 * @throws InvalidArgumentError for combinations that cannot be; ShapeMismatchError
 */
export function checkEmbeds(
  options: PromptEmbedsOptions & PooledPromptEmbedsOptions,
  { width, pooledWidth, tokens, chunks, prompts }: EmbedsFit,
): void {
  const { promptEmbeds, negativePromptEmbeds } = options;
  if (pooledWidth !== undefined) requirePooled(options);
  for (const [name, value] of Object.entries({ promptEmbeds, negativePromptEmbeds })) {
    if (value) requireShape(name, value.shape, [prompts, value.shape[1]!, width]);
  }
  const { pooledPromptEmbeds, negativePooledPromptEmbeds } = options;
  for (const [name, value] of Object.entries({ pooledPromptEmbeds, negativePooledPromptEmbeds })) {
    if (value) requireShape(name, value.shape, [prompts, pooledWidth ?? value.shape[1]!]);
  }
  if (promptEmbeds && negativePromptEmbeds) {
    requireShape('negativePromptEmbeds', negativePromptEmbeds.shape, promptEmbeds.shape);
  } else if (promptEmbeds ?? negativePromptEmbeds) {
    const given = (promptEmbeds ?? negativePromptEmbeds)!.shape[1]!;
    if (given % tokens === 0 && given >= chunks * tokens) return;
    throw new ShapeMismatchError(
      `Expected embeddings of ${chunks * tokens} tokens, as the text beside them has, or a larger multiple of ` +
        `${tokens}, but received ${given}; pass promptEmbeds and negativePromptEmbeds together`,
    );
  }
}

function requirePooled(options: PromptEmbedsOptions & PooledPromptEmbedsOptions): void {
  for (const [name, pooled] of [
    ['promptEmbeds', 'pooledPromptEmbeds'],
    ['negativePromptEmbeds', 'negativePooledPromptEmbeds'],
  ] as const) {
    if ((options[name] === undefined) === (options[pooled] === undefined)) continue;
    throw new InvalidArgumentError(`Expected ${name} and ${pooled} together`);
  }
}

function requireShape(name: string, shape: readonly number[], wanted: readonly number[]): void {
  if (shape.length === wanted.length && shape.every((size, axis) => size === wanted[axis])) return;
  throw new ShapeMismatchError(
    `Expected ${name} of shape [${wanted.join(', ')}] but received [${shape.join(', ')}]`,
  );
}

/** The rows of embeddings, each once for each of its images. */
export function repeatEmbeds({ data, shape }: PromptEmbeds, times: number): Float32Array {
  const [rows = 0] = shape;
  const width = data.length / rows;
  const result = new Float32Array(data.length * times);
  for (let row = 0; row < rows * times; row++) {
    const from = Math.floor(row / times) * width;
    result.set(data.subarray(from, from + width), row * width);
  }
  return result;
}

/** Rows one behind the other: given negative ones, then what was encoded, then given ones of the prompts. */
export function joinRows(
  negative: PromptEmbeds | undefined,
  encoded: Float32Array,
  positive: PromptEmbeds | undefined,
  times: number,
): Float32Array {
  const parts = [
    ...(negative ? [repeatEmbeds(negative, times)] : []),
    encoded,
    ...(positive ? [repeatEmbeds(positive, times)] : []),
  ];
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}

/** @throws InvalidArgumentError where texts and their embeddings are both given */
export function requireOne(given: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  if (names.length > 1) throw new InvalidArgumentError(`Expected one of ${names.join(' and ')}, not both`);
}
