import { closingQuote } from './json-text.js';

/**
 * JSON as Python writes it. `Infinity` becomes a number too large for a double, `NaN` becomes null.
 *
 * @throws SyntaxError
 */
export function parsePythonJson(text: string): unknown {
  return JSON.parse(withoutPythonNumbers(text));
}

/** Python's json module writes words for these numbers; inside a string they are text. */
const PYTHON_NUMBERS = { NaN: 'null', Infinity: '1e999' } as const;

/**
 * One pass by hand. A regular expression for "a string, or one of the words" would start again at each quote of a
 * text whose last string does not end, and keep a state for each character of a long one.
 */
function withoutPythonNumbers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = closingQuote(text, at);
    } else if (character === 'N' || character === 'I') {
      const word = character === 'N' ? 'NaN' : 'Infinity';
      if (!text.startsWith(word, at) || isWord(text[at - 1]) || isWord(text[at + word.length])) continue;
      parts.push(text.slice(copied, at), PYTHON_NUMBERS[word]);
      copied = at + word.length;
      at = copied - 1;
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied);
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character);
}

/**
 * JSON as Python writes it, with numbers that JSON itself does not have.
 *
 * @param floats - keys whose numbers are floats in Python, which distinguishes 1.0 and 1
 */
export function toPythonJson(value: unknown, floats: readonly string[] = []): string {
  const number = (key: string, field: number): string =>
    floats.includes(key) && Number.isInteger(field) ? field.toFixed(1) : String(field);

  const list = (opening: string, items: readonly string[], closing: string, indent: string): string =>
    items.length === 0
      ? opening + closing
      : `${opening}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${closing}`;

  const write = (field: unknown, key: string, indent: string): string => {
    if (typeof field === 'number') return number(key, field);
    if (typeof field !== 'object' || field === null)
      return field === undefined ? 'null' : JSON.stringify(field);
    const inner = `${indent}  `;
    if (Array.isArray(field)) {
      // As JSON.stringify has it, the items of a list are known by their index.
      const items = field.map((item: unknown, index) => write(item, String(index), inner));
      return list('[', items, ']', indent);
    }
    const items = Object.entries(field)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => `${JSON.stringify(name)}: ${write(item, name, inner)}`);
    return list('{', items, '}', indent);
  };
  return `${write(value, '', '')}\n`;
}
