import { InvalidArgumentError } from '../common/errors.js';
import { warn } from '../common/warnings.js';
import type { ClipTokenizer } from '../tokenizer/index.js';
import { parseWeights, type PromptPart } from './weighted-text.js';

/** How prompts are read. */
export interface PromptSyntax {
  /** Whether brackets are weights; prompts may then be of any length too. Default: false, they are plain text. */
  readonly promptWeighting?: boolean | undefined;
  /** Whether prompts beyond the model's tokens are encoded in chunks. Default: false, they are cut. */
  readonly longPrompts?: boolean | undefined;
}

/** How prompts are read, of options that also say other things. */
export function syntaxOf({ promptWeighting, longPrompts }: PromptSyntax): PromptSyntax {
  return { promptWeighting, longPrompts };
}

/** As many tokens as a text encoder reads at once. */
export interface PromptChunk {
  /** Shape [maxLength], with BOS, EOS and padding. */
  readonly ids: Int32Array;
  /** A weight for each id; undefined where all are 1. */
  readonly weights: Float32Array | undefined;
}

/** Chunks followed by ones without text, to as many as the longest prompt of a batch has. */
export function paddedChunks(
  chunks: readonly PromptChunk[],
  count: number,
  tokenizer: ClipTokenizer,
): PromptChunk[] {
  const empty = { ids: tokenizer.frame([]).ids, weights: undefined };
  return Array.from({ length: Math.max(count, chunks.length) }, (_, i) => chunks[i] ?? empty);
}

/** So many tokens after a comma go with what follows it to the next chunk, at most. */
const COMMA_BACKTRACK = 20;
/** More is a slip that would show only when memory or patience runs out. */
const MAX_CHUNKS = 64;

/**
 * The chunks of a prompt: one, cut with a warning where it is too long; or with `promptWeighting` or `longPrompts` as
 * many as it takes, split as AUTOMATIC1111's web UI splits prompts: after 75 tokens, or after a comma of the 20 before.
 *
 * @returns at least one
 * @throws InvalidArgumentError for weights that are no numbers, and for more than 64 chunks
 */
export function chunksOf(text: string, tokenizer: ClipTokenizer, syntax: PromptSyntax): PromptChunk[] {
  if (!syntax.promptWeighting && !syntax.longPrompts) {
    const { ids, truncated } = tokenizer.encode(text);
    if (truncated) warnTruncated(truncated, tokenizer.maxLength);
    return [{ ids, weights: undefined }];
  }
  const parts = syntax.promptWeighting ? parseWeights(text) : [{ text, weight: 1 }];
  const chunks = split(parts, tokenizer);
  if (chunks.length <= MAX_CHUNKS) return chunks.map((tokens) => framed(tokens, tokenizer));
  throw new InvalidArgumentError(
    `Expected a prompt of at most ${MAX_CHUNKS} chunks of ${tokenizer.maxLength - 2} tokens but received ${chunks.length}`,
  );
}

/**
 * How many chunks the longest of texts has; without warnings.
 *
 * @throws InvalidArgumentError as `chunksOf`
 */
export function countChunks(
  texts: readonly string[],
  tokenizer: ClipTokenizer,
  syntax: PromptSyntax,
): number {
  if (!syntax.promptWeighting && !syntax.longPrompts) return 1;
  const counts = [...new Set(texts)].map((text) => chunksOf(text, tokenizer, syntax).length);
  return Math.max(1, ...counts);
}

interface Token {
  readonly id: number;
  readonly weight: number;
}

function split(parts: readonly PromptPart[], tokenizer: ClipTokenizer): Token[][] {
  const size = tokenizer.maxLength - 2;
  const [comma, ...others] = tokenizer.tokenize(',');
  const isComma = (id: number): boolean => others.length === 0 && id === comma;
  const chunks: Token[][] = [];
  let chunk: Token[] = [];
  let lastComma = -1;
  const next = (rest: Token[] = []): void => {
    chunks.push(chunk);
    chunk = rest;
    lastComma = -1;
  };

  for (const part of parts) {
    if (part === 'BREAK') {
      next();
      continue;
    }
    const { weight } = part;
    for (const id of tokenizer.tokenize(part.text)) {
      const isFull = chunk.length === size;
      if (isComma(id)) lastComma = chunk.length;
      else if (isFull && lastComma >= 0 && chunk.length - lastComma <= COMMA_BACKTRACK) {
        next(chunk.splice(lastComma + 1));
      }
      if (chunk.length === size) next();
      chunk.push({ id, weight });
    }
  }
  if (chunk.length > 0 || chunks.length === 0) next();
  return chunks;
}

function framed(tokens: readonly Token[], tokenizer: ClipTokenizer): PromptChunk {
  const { ids } = tokenizer.frame(tokens.map(({ id }) => id));
  if (tokens.every(({ weight }) => weight === 1)) return { ids, weights: undefined };
  const weights = new Float32Array(ids.length).fill(1);
  // Padding may be on either side of the text.
  weights.set(
    tokens.map(({ weight }) => weight),
    ids.indexOf(tokenizer.bosTokenId) + 1,
  );
  return { ids, weights };
}

function warnTruncated(truncated: string, maxLength: number): void {
  warn(
    'PROMPT_TRUNCATED',
    `The model reads ${maxLength} tokens; this part of the prompt was cut off: "${truncated}"`,
  );
}
