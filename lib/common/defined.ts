/** An object without entries that are there but undefined, so that defaults show through where it is spread over them. */
export function defined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>;
}
