/** JSON as Python's `json.dump(value, indent=1)` writes it: with everything beyond ASCII escaped. */
export function toAsciiJson(value: object): string {
  return JSON.stringify(value, undefined, 1).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
