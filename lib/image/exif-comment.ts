import type { Sharp } from 'sharp';

import { InvalidArgumentError } from '../common/errors.js';

/**
 * Encodes a picture with a text in its EXIF UserComment, as the web UI does for formats without text chunks: in
 * UTF-16, big-endian, marked "UNICODE" (EXIF 2.3, 4.6.5).
 *
 * sharp can only write such a comment in ASCII and turns all else into question marks. So it is given a comment of
 * the right length, and the text is put in that one's place; EXIF is never compressed nor under a checksum.
 */
export async function encodeWithComment(picture: Sharp, text: string): Promise<Buffer> {
  const comment = Buffer.concat([Buffer.from('UNICODE\0', 'latin1'), Buffer.from(text, 'utf16le').swap16()]);
  const placeholder = '0'.repeat(comment.length - 8);
  const encoded = await picture.withExif({ IFD2: { UserComment: placeholder } }).toBuffer();
  const at = encoded.indexOf(`ASCII\0\0\0${placeholder}`, 0, 'latin1');
  if (at < 0) {
    throw new InvalidArgumentError(
      `Expected parameters of at most about 32 000 characters, which is what EXIF holds, but received ${text.length}; ` +
        'save as PNG, or with metadata: false.',
    );
  }
  comment.copy(encoded, at);
  return encoded;
}
