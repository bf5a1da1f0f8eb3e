/**
 * Schemas of lists and records so long that they are checked only until the first value that is wrong: zod makes an
 * issue of each, which for a million of them takes a gigabyte.
 */
import { z } from 'zod';

/** A record whose values are integers from 0, such as a vocabulary. */
export function longIntegerRecord(): z.ZodType<Record<string, number>> {
  return z.custom<Record<string, number>>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((item) => Number.isSafeInteger(item) && item >= 0),
    'Expected an object whose values are integers from 0',
  );
}

/** A list of items of one kind. */
export function longList<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]> {
  return z.array(z.unknown()).transform((values, context) => {
    const checked: z.output<T>[] = [];
    for (const [index, value] of values.entries()) {
      const result = item.safeParse(value);
      if (!result.success) {
        const [{ message, path } = { message: 'Invalid input', path: [] }] = result.error.issues;
        context.addIssue({ code: 'custom', message, path: [index, ...path] });
        return z.NEVER;
      }
      checked.push(result.data);
    }
    return checked;
  });
}
