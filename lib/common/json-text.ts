/** What is read from a JSON text before, or without, parsing it. Everything here takes one pass over the text. */

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The index of the quote that ends a string, or the text's length where none does. */
export function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** How much a JSON text may hold. */
export interface JsonLimits {
  /** Levels of brackets within one another. */
  readonly maxDepth: number;
  /** Values of every kind, those inside others counted too. */
  readonly maxValues: number;
}

/**
 * What a JSON text has too much of, before it is parsed: a short file can hold millions of values, or nest so deep
 * that code which walks them overflows the stack.
 */
export function jsonExcess(text: string, { maxDepth, maxValues }: JsonLimits): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = closingQuote(text, at);
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        values++;
        if (++depth > maxDepth) return `it is nested deeper than ${maxDepth} levels`;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--;
        break;
      case COMMA:
        values++;
    }
    if (values > maxValues) return `it holds more than ${maxValues} values`;
  }
  return undefined;
}

/**
 * The first key that an object of a JSON text has twice. `JSON.parse` keeps the last one silently, which would let a
 * file say two things at once.
 *
 * @param text - valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let last = '';
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': {
        const end = closingQuote(text, at);
        last = text.slice(at, end + 1);
        at = end;
        break;
      }
      case '{':
        open.push(new Set());
        break;
      case '}':
        open.pop();
        break;
      case ':': {
        const key = JSON.parse(last) as string;
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
    }
  }
  return undefined;
}
