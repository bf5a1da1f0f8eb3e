import { inspect } from 'node:util';

import { distance } from 'fastest-levenshtein';
import { z } from 'zod';

import { InvalidArgumentError } from './errors.js';

/** The known name nearest to a misspelt one, if any is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const normal = (text: string): string => text.toLowerCase().replace(/[_-]/g, '');
  const ranked = known
    .map((candidate) => ({ candidate, away: distance(normal(name), normal(candidate)) }))
    .sort((a, b) => a.away - b.away);
  const best = ranked[0];
  return best && best.away <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/** The error for an option nobody knows. */
export function unknownOption(name: string, known: readonly string[], subject: string): InvalidArgumentError {
  const meant = nearest(name, known);
  const hint = meant ? `Did you mean '${meant}'?` : `Known options: ${known.join(', ')}.`;
  return new InvalidArgumentError(`Unknown option '${name}' for ${subject}. ${hint}`, {
    code: 'UNKNOWN_OPTION',
  });
}

/** The error for a value of the wrong kind. */
export function wrongValue(expected: string, name: string, received: unknown): InvalidArgumentError {
  const shown = inspect(received, { depth: 0, maxStringLength: 60, breakLength: Infinity });
  return new InvalidArgumentError(
    `Expected ${expected} for ${name} but received ${shown} of type ${typeof received}`,
  );
}

/**
 * Checks a caller's options against a schema whose fields carry a description, which the error quotes.
 *
 * @param subject - what the options are for, e.g. 'generate'
 * @throws InvalidArgumentError `UNKNOWN_OPTION` with the name probably meant, or `INVALID_ARGUMENT`
 */
export function parseOptions<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  options: unknown,
  subject: string,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongValue('an object', `the options of ${subject}`, options);
  }
  const result = schema.safeParse(options);
  if (result.success) return result.data;

  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw unknownOption(issue.keys[0] ?? '', Object.keys(schema.shape), subject);
  }
  const name = String(issue?.path[0]);
  throw wrongValue(
    descriptionOf(schema.shape[name]) ?? 'another value',
    name,
    (options as Record<string, unknown>)[name],
  );
}

/** A field's own description, or that of the field it makes optional. */
function descriptionOf(field: unknown): string | undefined {
  if (!(field instanceof z.ZodType)) return undefined;
  return field.description ?? (field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined);
}

/**
 * The schema of an options type: one field for each of its keys, each checking that key's type. A key in the type and
 * not in the schema, or in the schema and not in the type, does not compile.
 */
export function optionsSchema<Options extends object>() {
  return <Shape extends { [Key in keyof Options]-?: z.ZodType<Options[Key]> }>(
    shape: Shape & Readonly<Record<Exclude<keyof Shape, keyof Options>, never>>,
  ) => z.strictObject(shape);
}
