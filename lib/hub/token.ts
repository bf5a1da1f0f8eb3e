/** Whether a text can be a token: something an HTTP header can carry. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
