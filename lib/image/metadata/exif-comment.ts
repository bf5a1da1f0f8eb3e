import type { Sharp } from 'sharp';

import { InvalidArgumentError } from '../../common/errors.js';

/**
 * Encodes an image with a text as its EXIF UserComment, as AUTOMATIC1111's web UI does in formats without text
 * chunks: UTF-16, big-endian, marked "UNICODE" (EXIF 2.3, 4.6.5).
 *
 * sharp writes UserComment in ASCII only and replaces other characters by question marks. So it encodes a placeholder
 * of the same length, whose bytes are then replaced: EXIF is neither compressed nor checksummed.
 *
 * @throws InvalidArgumentError when the text is too long for EXIF
 */
export async function encodeWithComment(encoder: Sharp, text: string): Promise<Buffer> {
  const comment = Buffer.concat([Buffer.from('UNICODE\0', 'latin1'), Buffer.from(text, 'utf16le').swap16()]);
  const placeholder = '0'.repeat(comment.length - 8);
  const encoded = await encoder.withExif({ IFD2: { UserComment: placeholder } }).toBuffer();
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
