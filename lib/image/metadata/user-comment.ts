/** Tags of TIFF directories (EXIF 2.3, 4.6.3 and 4.6.5). */
const EXIF_DIRECTORY = 0x8769;
const USER_COMMENT = 0x9286;
/** Length of the encoding's name before a comment, padded with zeros. */
const ENCODING_BYTES = 8;

/**
 * Reads the UserComment of an EXIF block; undefined without one, or when the block is damaged. Each offset is followed
 * once, and only within the block.
 *
 * @param exif - from its TIFF header on, with or without "Exif\0\0" before it
 */
export function readUserComment(exif: Buffer): string | undefined {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const order = tiff.toString('latin1', 0, 2);
  if ((order !== 'II' && order !== 'MM') || tiff.length < 8) return undefined;
  const reader = new TiffReader(tiff, order === 'II');
  const directory = reader.entry(reader.u32(4), EXIF_DIRECTORY);
  const comment = directory && reader.entry(directory.value, USER_COMMENT);
  const bytes = comment && tiff.subarray(comment.value, comment.value + comment.count);
  return bytes && bytes.length >= ENCODING_BYTES ? decode(bytes) : undefined;
}

class TiffReader {
  readonly #tiff: Buffer;
  readonly #isLittleEndian: boolean;

  constructor(tiff: Buffer, isLittleEndian: boolean) {
    this.#tiff = tiff;
    this.#isLittleEndian = isLittleEndian;
  }

  u16(at: number): number {
    return this.#isLittleEndian ? this.#tiff.readUInt16LE(at) : this.#tiff.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.#isLittleEndian ? this.#tiff.readUInt32LE(at) : this.#tiff.readUInt32BE(at);
  }

  /** A directory's entry: the number of its values, and the value or the offset of the values. */
  entry(directory: number, tag: number): { count: number; value: number } | undefined {
    if (directory + 2 > this.#tiff.length) return undefined;
    const last = Math.min(directory + 2 + 12 * this.u16(directory), this.#tiff.length);
    for (let at = directory + 2; at + 12 <= last; at += 12) {
      if (this.u16(at) === tag) return { count: this.u32(at + 4), value: this.u32(at + 8) };
    }
    return undefined;
  }
}

function decode(comment: Buffer): string {
  const encoding = comment.toString('latin1', 0, ENCODING_BYTES);
  const text = comment.subarray(ENCODING_BYTES);
  return encoding === 'UNICODE\0' ? decodeUtf16(text) : text.toString('utf8');
}

/**
 * Decodes UTF-16 in the byte order that gives more ASCII: the standard requires the block's order, but the web UI writes
 * big-endian in blocks of either order.
 */
function decodeUtf16(text: Buffer): string {
  const even = Buffer.from(text.subarray(0, text.length & ~1));
  let zerosFirst = 0;
  let zerosSecond = 0;
  for (let at = 0; at < even.length; at += 2) {
    if (even[at] === 0) zerosFirst++;
    if (even[at + 1] === 0) zerosSecond++;
  }
  if (zerosSecond <= zerosFirst) even.swap16();
  return even.toString('utf16le').replace(/^\ufeff/, '');
}
