import type { AddedToken, TokenPattern } from './added-tokens.js';

/** A part of a text: a token, or text without any. */
export type Piece = number | string;

interface Node {
  readonly next: Map<number, Node>;
  /** Of the pattern that ends here; of two with one text, the first's. */
  id?: number;
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false };
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

/** Splits a text at added tokens: of overlapping matches the leftmost, of those the longest, as the tokenizers library does. */
export class TokenSplitter {
  readonly #root: Node = { next: new Map() };
  readonly #tokens: ReadonlyMap<number, AddedToken>;

  constructor(patterns: readonly TokenPattern[], tokens: ReadonlyMap<number, AddedToken>) {
    this.#tokens = tokens;
    for (const { text, id } of patterns) {
      let node = this.#root;
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        const next = node.next.get(code) ?? { next: new Map() };
        node.next.set(code, next);
        node = next;
      }
      node.id ??= id;
    }
  }

  /** The pieces in order; none is empty. */
  split(text: string): Piece[] {
    const pieces: Piece[] = [];
    let done = 0;
    for (let at = 0; at < text.length;) {
      const match = this.#longestAt(text, at);
      if (!match) {
        at++;
        continue;
      }
      const { id, end } = match;
      const { single_word, lstrip, rstrip } = this.#tokens.get(id) ?? PLAIN;
      const start = at;
      at = end;
      if (single_word && (isWord(characterBefore(text, start)) || isWord(characterAt(text, end)))) continue;
      const from = lstrip ? spaceStart(text, start, done) : start;
      // Not so where the token starts with white space that the one before has removed.
      if (done < from) pieces.push(text.slice(done, from));
      pieces.push(id);
      done = rstrip ? spaceEnd(text, Math.max(end, done)) : end;
    }
    if (done < text.length) pieces.push(text.slice(done));
    return pieces;
  }

  #longestAt(text: string, start: number): { id: number; end: number } | undefined {
    let found: { id: number; end: number } | undefined;
    let node: Node | undefined = this.#root;
    for (let at = start; at < text.length;) {
      node = node.next.get(text.charCodeAt(at++));
      if (!node) break;
      if (node.id !== undefined) found = { id: node.id, end: at };
    }
    return found;
  }
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function characterBefore(text: string, at: number): string {
  const isPair = (text.codePointAt(at - 2) ?? 0) > 0xffff;
  return text.slice(Math.max(0, at - (isPair ? 2 : 1)), at);
}

function isWord(character: string): boolean {
  return WORD.test(character);
}

function spaceStart(text: string, end: number, least: number): number {
  let start = end;
  while (start > least && SPACE.test(text.charAt(start - 1))) start--;
  return start;
}

function spaceEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && SPACE.test(text.charAt(end))) end++;
  return end;
}
