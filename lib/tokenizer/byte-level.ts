/**
 * Byte-level vocabularies spell each byte as one character: a visible one of Latin-1 as itself, the other 68, in order,
 * as U+0100 and up.
 */
const SPELLINGS = spellings();
const BYTES = new Map(SPELLINGS.map((character, byte) => [character, byte]));

function spellings(): string[] {
  const visible = /[!-~¡-¬®-ÿ]/;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    return visible.test(character) ? character : String.fromCharCode(next++);
  });
}

/** The bytes a token of the vocabulary stands for; undefined when it is not spelt byte by byte. */
export function bytesOf(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : undefined;
}
