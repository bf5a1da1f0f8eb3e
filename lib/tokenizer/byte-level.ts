/**
 * The alphabet of byte-level vocabularies, as GPT-2 and CLIP have them: each byte is one character, a visible one of
 * Latin-1 itself, the other 68, in order, U+0100 and up.
 */
const CHARACTERS = byteCharacters();
const BYTES = new Map(CHARACTERS.map((character, byte) => [character, byte]));

function byteCharacters(): string[] {
  const visible = /[!-~¡-¬®-ÿ]/;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    return visible.test(character) ? character : String.fromCharCode(next++);
  });
}

/** The bytes of a vocabulary's token; undefined when it has characters that are not of the byte alphabet. */
export function bytesOf(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : undefined;
}
