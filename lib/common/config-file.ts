import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelLoadError } from './errors.js';

/** Python's json module writes these three words, which are not JSON; none of them may stand inside a string. */
const PYTHON_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** JSON as Python writes it. `Infinity` becomes a number too large for a double, `NaN` becomes null. */
export function parsePythonJson(text: string): unknown {
  const json = text.replace(PYTHON_NUMBERS, (word) => {
    if (word.startsWith('"')) return word;
    if (word === 'NaN') return 'null';
    return word.startsWith('-') ? '-1e999' : '1e999';
  });
  return JSON.parse(json);
}

/**
 * JSON as Python writes it, with numbers that JSON itself does not have.
 *
 * @param floats - keys whose numbers are floats in Python, which tells 1.0 from 1
 */
export function toPythonJson(value: unknown, floats: readonly string[] = []): string {
  const spelt = (key: string, field: number): string | undefined => {
    if (!Number.isFinite(field)) return String(field);
    return floats.includes(key) && Number.isInteger(field) ? field.toFixed(1) : undefined;
  };
  const marked = JSON.stringify(
    value,
    (key, field: unknown) => {
      const spelling = typeof field === 'number' ? spelt(key, field) : undefined;
      return spelling === undefined ? field : `\0${spelling}`;
    },
    2,
  );
  return `${marked.replace(/"\\u0000([\w.-]+)"/g, '$1')}\n`;
}

/**
 * Reads a model's configuration file and checks it.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND` without the file, `CONFIG_INVALID` when it is not JSON or lacks what
 * `schema` asks
 */
export async function readConfigFile<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ModelLoadError('MODEL_NOT_FOUND', `Cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (cause) {
    throw new ModelLoadError('CONFIG_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return checkConfig(path, value, schema);
}

/**
 * Checks what a model's configuration says.
 *
 * @param path - where it was read, for the message
 * @throws ModelLoadError `CONFIG_INVALID` when it lacks what `schema` asks
 */
export function checkConfig<T extends z.ZodType>(path: string, value: unknown, schema: T): z.output<T> {
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `${path} is not as expected:\n${z.prettifyError(result.error)}`,
      {
        cause: result.error,
      },
    );
  }
  return result.data;
}
