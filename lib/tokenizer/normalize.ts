/**
 * Text as CLIP's vocabulary has it: composed (NFC), each run of white space one space, in lower case.
 *
 * Characters become lower-case one by one, as in Rust: String.prototype.toLowerCase alone would write a capital sigma
 * at a word's end as "ς".
 */
export function normalizeText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{White_Space}+/gu, ' ')
    .replaceAll('\u03a3', '\u03c3')
    .toLowerCase();
}
