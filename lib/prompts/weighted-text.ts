import { InvalidArgumentError } from '../common/errors.js';

/** A part of a prompt with its weight; or where the next chunk starts. */
export type PromptPart = { readonly text: string; readonly weight: number } | 'BREAK';

const ROUND = 1.1;
const SQUARE = 1 / 1.1;

/** Escapes, brackets, weights before a closing bracket, and what is between them. */
const TOKENS = /\\[()[\]\\]|\\|\(|\[|:([+-]?[.\d]+)\)|\)|\]|[^\\()[\]:]+|:/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const BREAK = /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u;

/** Weights beyond this are slips: what they multiply is noise. */
const MAX_WEIGHT = 1000;
/** More brackets within brackets take time, and multiply to nothing or to infinity. */
const MAX_DEPTH = 256;

/**
 * Splits a prompt written in the syntax of AUTOMATIC1111's web UI into parts with weights: `(word)` is 1.1, `(word:1.3)`
 * 1.3, `[word]` 1 / 1.1, brackets within brackets multiply, and `\(`, `\)`, `\[`, `\]`, `\\` are plain text. `BREAK` ends
 * a chunk, within brackets too, where the web UI reads it as a word. Brackets that are never closed reach to the end, and
 * closing ones that were never opened are plain text, as in the web UI.
 *
 * @throws InvalidArgumentError for a weight that is no number, as in `(word:1.2.3)`, or beyond 1000, and for
 * more than 256 brackets within each other
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#attentionemphasis
 */
export function parseWeights(prompt: string): PromptPart[] {
  const parts: { text: string; weight: number; isBreak?: boolean }[] = [];
  const round: number[] = [];
  const square: number[] = [];
  const multiply = (from: number, factor: number): void => {
    for (let i = from; i < parts.length; i++) parts[i]!.weight *= factor;
  };

  for (const [token, weight] of prompt.matchAll(TOKENS)) {
    if (token.startsWith('\\')) parts.push({ text: token.slice(1), weight: 1 });
    else if (token === '(' || token === '[') {
      if (round.length + square.length >= MAX_DEPTH) throw tooDeep();
      (token === '(' ? round : square).push(parts.length);
    } else if (weight !== undefined && round.length > 0) multiply(round.pop()!, weightOf(weight, prompt));
    else if (token === ')' && round.length > 0) multiply(round.pop()!, ROUND);
    else if (token === ']' && square.length > 0) multiply(square.pop()!, SQUARE);
    else {
      splitAtBreaks(token).forEach((text, i) => {
        if (i > 0) parts.push({ text: '', weight: 1, isBreak: true });
        parts.push({ text, weight: 1 });
      });
    }
  }
  for (const from of round) multiply(from, ROUND);
  for (const from of square) multiply(from, SQUARE);
  const beyond = parts.find(({ weight }) => Math.abs(weight) > MAX_WEIGHT);
  if (beyond) throw wrongWeight(beyond.weight.toPrecision(3), prompt);
  return merged(parts.map(({ isBreak, ...part }) => (isBreak ? 'BREAK' : part)));
}

function weightOf(text: string, prompt: string): number {
  if (NUMBER.test(text)) return Number(text);
  throw wrongWeight(text, prompt);
}

function wrongWeight(received: string, prompt: string): InvalidArgumentError {
  const shown = prompt.length > 80 ? `${prompt.slice(0, 80)}…` : prompt;
  return new InvalidArgumentError(
    `Expected weights between -${MAX_WEIGHT} and ${MAX_WEIGHT} in the prompt "${shown}" but received ${received}. ` +
      'Write \\( and \\) for brackets that are plain text.',
  );
}

function tooDeep(): InvalidArgumentError {
  return new InvalidArgumentError(`Expected at most ${MAX_DEPTH} brackets within each other in a prompt`);
}

/** White space around a break belongs to it. */
function splitAtBreaks(text: string): string[] {
  const pieces = text.split(BREAK);
  const last = pieces.length - 1;
  return pieces.map((piece, i) => {
    const start = i > 0 ? piece.trimStart() : piece;
    return i < last ? start.trimEnd() : start;
  });
}

/** Neighbours of one weight are one part: words are tokenized with what is beside them. */
function merged(parts: readonly PromptPart[]): PromptPart[] {
  const result: PromptPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part === 'BREAK' || last === undefined || last === 'BREAK' || last.weight !== part.weight) {
      result.push(part);
    } else {
      result[result.length - 1] = { text: last.text + part.text, weight: part.weight };
    }
  }
  return result.length > 0 ? result : [{ text: '', weight: 1 }];
}
