import { z } from 'zod';

import { ModelLoadError } from './errors.js';
import { jsonExcess, type JsonLimits } from './json-text.js';
import { parsePythonJson } from './python-json.js';
import { FileReadError, readTextFile } from './read-file.js';

/** How much a JSON file may hold: much more than any has, little enough to be read and checked in a moment. */
export interface ConfigLimits extends JsonLimits {
  readonly maxBytes: number;
}

/** The longest real ones are indexes of shards, which name each weight of a model: some thousand. */
export const CONFIG_LIMITS: ConfigLimits = { maxBytes: 16 * 2 ** 20, maxDepth: 64, maxValues: 100_000 };

/** Vocabularies: CLIP's has 49,408 tokens and as many merges, the largest of language models a million. */
export const VOCABULARY_LIMITS: ConfigLimits = { maxBytes: 64 * 2 ** 20, maxDepth: 64, maxValues: 2_000_000 };

/** A file can be wrong in as many places as it has values; an error message should show the first of them. */
const MAX_SHOWN_ISSUES = 10;

/**
 * Reads a model's configuration file and checks it.
 *
 * @param limits - of its size. Default: {@link CONFIG_LIMITS}
 * @throws ModelLoadError `MODEL_NOT_FOUND` without the file, `CONFIG_INVALID` when it is not a regular file, not
 * JSON, beyond the limits, or lacks what `schema` asks
 */
export async function readConfigFile<T extends z.ZodType>(
  path: string,
  schema: T,
  limits = CONFIG_LIMITS,
): Promise<z.output<T>> {
  const text = await readModelText(path, limits.maxBytes);
  const excess = jsonExcess(text, limits);
  if (excess !== undefined) throw new ModelLoadError('CONFIG_INVALID', `Cannot read ${path}: ${excess}`);
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (cause) {
    throw new ModelLoadError('CONFIG_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return checkConfig(path, value, schema);
}

/**
 * Reads a text file of a model.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND` without the file, `CONFIG_INVALID` when it is not a regular file or too long
 */
export async function readModelText(path: string, maxBytes: number): Promise<string> {
  try {
    return await readTextFile(path, { maxBytes });
  } catch (cause) {
    if (!(cause instanceof FileReadError)) throw cause;
    const isThere = cause.reason === 'not-a-file' || cause.reason === 'too-large';
    throw new ModelLoadError(isThere ? 'CONFIG_INVALID' : 'MODEL_NOT_FOUND', cause.message, { cause });
  }
}

/**
 * Checks what a model's configuration says.
 *
 * @param path - where it was read, for the message
 * @throws ModelLoadError `CONFIG_INVALID` when it lacks what `schema` asks
 */
export function checkConfig<T extends z.ZodType>(path: string, value: unknown, schema: T): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const shown = z.prettifyError({ issues: issues.slice(0, MAX_SHOWN_ISSUES) });
  const more = issues.length > MAX_SHOWN_ISSUES ? `\n… and ${issues.length - MAX_SHOWN_ISSUES} more` : '';
  throw new ModelLoadError('CONFIG_INVALID', `${path} is not as expected:\n${shown}${more}`, {
    cause: result.error,
  });
}
