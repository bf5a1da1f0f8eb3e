/**
 * The format in which AUTOMATIC1111's web UI embeds parameters in images ("infotext"): the prompt, the negative prompt
 * after "Negative prompt:", and a last line of `name: value` fields. A value that contains a separator is a JSON string.
 * All functions take linear time, as the text may come from anyone.
 *
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/infotext_utils.py
 */

/** The parts of an infotext. */
export interface Infotext {
  prompt: string;
  negativePrompt: string;
  /** In order; values unquoted. */
  fields: ReadonlyMap<string, string>;
}

const NEGATIVE_PROMPT = 'Negative prompt:';
/** A last line with fewer fields may be part of a prompt: "portrait, mood: calm". */
const MIN_FIELDS = 3;

/** Quotes a value where the format requires it. */
export function quoteValue(value: string): string {
  return /[,:\n]/.test(value) || value === '' || value !== value.trim() || value.startsWith('"')
    ? JSON.stringify(value)
    : value;
}

/**
 * Splits an infotext as the web UI does, but keeps white space within and at the end of prompts.
 *
 * @param knownFields - a last line of these fields alone may have fewer than three
 */
export function splitInfotext(text: string, knownFields: ReadonlySet<string>): Infotext {
  const lines = text.trim().split(/\r?\n/);
  const fields = fieldsOf(lines.at(-1)!, knownFields);
  if (fields) lines.pop();
  const firstNegative = lines.findIndex(startsNegative);
  const end = firstNegative < 0 ? lines.length : firstNegative;
  // The web UI removes the label from every such line.
  const negative = lines.slice(end).map((line) => (startsNegative(line) ? withoutLabel(line) : line));
  return {
    prompt: lines.slice(0, end).join('\n'),
    negativePrompt: negative.join('\n'),
    fields: fields ?? new Map(),
  };
}

function startsNegative(line: string): boolean {
  return line.trimStart().startsWith(NEGATIVE_PROMPT);
}

function withoutLabel(line: string): string {
  return line.trimStart().slice(NEGATIVE_PROMPT.length).replace(/^ /, '');
}

/** The fields of a line; undefined when it is not a line of fields. */
function fieldsOf(line: string, known: ReadonlySet<string>): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  let count = 0;
  let isAllFields = true;
  for (let at = 0; at < line.length;) {
    const colon = line.indexOf(':', at);
    if (colon < 0) {
      isAllFields &&= line.slice(at).trim() === '';
      break;
    }
    const start = nameStart(line, at, colon);
    if (start === undefined) {
      isAllFields = false;
      at = colon + 1;
      continue;
    }
    isAllFields &&= line.slice(at, start).trim() === '';
    const { value, end } = valueAt(line, colon + 1);
    fields.set(line.slice(start, colon), value);
    count++;
    at = end;
  }
  const isShort = isAllFields && [...fields.keys()].some((name) => known.has(name));
  return count >= MIN_FIELDS || isShort ? fields : undefined;
}

/** Where the name before a colon starts: a letter or digit, and letters, digits, spaces, "_", "-" and "/". */
function nameStart(line: string, from: number, colon: number): number | undefined {
  let start = colon;
  while (start > from && /[\p{L}\p{N}_ /-]/u.test(line[start - 1]!)) start--;
  while (start < colon && !/[\p{L}\p{N}_]/u.test(line[start]!)) start++;
  return colon - start >= 2 ? start : undefined;
}

/** The value that starts after a colon, and where the next field may start. */
function valueAt(line: string, from: number): { value: string; end: number } {
  let start = from;
  while (start < line.length && line[start]!.trim() === '') start++;
  const closing = line[start] === '"' ? closingQuote(line, start) : undefined;
  if (closing !== undefined && (closing + 1 === line.length || line[closing + 1] === ',')) {
    return { value: unquote(line.slice(start, closing + 1)), end: closing + 2 };
  }
  const comma = line.indexOf(',', start);
  const end = comma < 0 ? line.length : comma;
  return { value: line.slice(start, end).trimEnd(), end: end + 1 };
}

function closingQuote(line: string, opening: number): number | undefined {
  for (let at = opening + 1; at < line.length; at++) {
    if (line[at] === '"') return at;
    if (line[at] === '\\') at++;
  }
  return undefined;
}

function unquote(value: string): string {
  try {
    const text: unknown = JSON.parse(value);
    return typeof text === 'string' ? text : value;
  } catch {
    return value;
  }
}
