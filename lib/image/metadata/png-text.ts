import { crc32, inflateSync } from 'node:zlib';

import { InvalidArgumentError } from '../../common/errors.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** IHDR is always first and always this long: length, type, 13 bytes of data, CRC. */
const HEADER_END = SIGNATURE.length + 4 + 4 + 13 + 4;
const NUL = Buffer.of(0);

/** Limit of a text, compressed or not, that is written or read. */
export const MAX_TEXT_BYTES = 8 * 2 ** 20;
/** Limit of reading time: encoders write chunks of at least 8 KiB, but a file may consist of empty ones. */
const MAX_CHUNKS = 100_000;

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/**
 * Inserts a text chunk before a PNG's pixels: tEXt when the text is Latin-1, else uncompressed iTXt (PNG
 * specification, 11.3.3). sharp reads such chunks but cannot write them.
 *
 * @throws InvalidArgumentError when the text is longer than {@link MAX_TEXT_BYTES}
 */
export function insertPngText(png: Buffer, keyword: string, text: string): Buffer {
  return Buffer.concat([png.subarray(0, HEADER_END), textChunk(keyword, text), png.subarray(HEADER_END)]);
}

/**
 * Reads the first text chunk (tEXt, zTXt or iTXt) of a keyword; undefined without one.
 *
 * @throws InvalidArgumentError when the PNG is not complete, or the text is damaged or longer than
 * {@link MAX_TEXT_BYTES}
 */
export function readPngText(png: Buffer, keyword: string): string | undefined {
  if (!isPng(png)) throw new InvalidArgumentError('Expected a PNG, whose first 8 bytes are its signature.');
  const start = Buffer.concat([Buffer.from(keyword, 'latin1'), NUL]);
  for (const chunk of chunksOf(png)) {
    if (!Object.hasOwn(decoders, chunk.type) || !chunk.data.subarray(0, start.length).equals(start)) continue;
    if (chunk.data.length > start.length + MAX_TEXT_BYTES) throw tooLong();
    if (crc32(chunk.checked) !== chunk.crc) throw damaged('its checksum is wrong');
    return decoders[chunk.type as keyof typeof decoders](chunk.data.subarray(start.length));
  }
  return undefined;
}

/** Decoders of what follows the keyword, by chunk type. */
const decoders = {
  tEXt: (data: Buffer): string => data.toString('latin1'),
  zTXt: (data: Buffer): string => inflate(data).toString('latin1'),
  iTXt: (data: Buffer): string => {
    // Compression flag and method, a language tag and the keyword's translation, both zero-terminated, and the text.
    const languageEnd = data.indexOf(0, 2);
    const keywordEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
    if (keywordEnd < 0) throw damaged('its header is not complete');
    const text = data.subarray(keywordEnd + 1);
    return (data[0] === 0 ? text : inflate(Buffer.concat([data.subarray(1, 2), text]))).toString('utf8');
  },
};

/** Decompresses data after its method byte, which is 0 (zlib) in all PNGs. */
function inflate(data: Buffer): Buffer {
  if (data[0] !== 0) throw damaged('its compression is unknown');
  try {
    return inflateSync(data.subarray(1), { maxOutputLength: MAX_TEXT_BYTES });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(cause) : damaged(message, cause);
  }
}

function textChunk(keyword: string, text: string): Buffer {
  const key = Buffer.from(keyword, 'latin1');
  const isLatin1 = /^[\x01-\xff]*$/.test(text);
  const encoded = Buffer.from(text, isLatin1 ? 'latin1' : 'utf8');
  if (encoded.length > MAX_TEXT_BYTES) throw tooLong();
  if (isLatin1) return chunkOf('tEXt', Buffer.concat([key, NUL, encoded]));
  // Compression flag and method, then an empty language tag and an empty translated keyword, both zero-terminated.
  const uncompressed = Buffer.alloc(4);
  return chunkOf('iTXt', Buffer.concat([key, NUL, uncompressed, encoded]));
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

interface Chunk {
  type: string;
  data: Buffer;
  /** The bytes that the CRC covers: type and data. */
  checked: Buffer;
  crc: number;
}

function* chunksOf(png: Buffer): Generator<Chunk> {
  let start = SIGNATURE.length;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const length = start + 8 <= png.length ? png.readUInt32BE(start) : Infinity;
    const end = start + 8 + length + 4;
    if (end > png.length) throw new InvalidArgumentError('Expected a complete PNG, but its end is missing.');
    const type = png.toString('latin1', start + 4, start + 8);
    const checked = png.subarray(start + 4, end - 4);
    yield { type, data: png.subarray(start + 8, end - 4), checked, crc: png.readUInt32BE(end - 4) };
    if (type === 'IEND') return;
    start = end;
  }
  throw new InvalidArgumentError(`Expected a PNG of at most ${MAX_CHUNKS} chunks.`);
}

function tooLong(cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`Expected a text of at most ${MAX_TEXT_BYTES} bytes in the PNG.`, {
    cause,
  });
}

function damaged(reason: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`Expected a PNG with a readable text, but ${reason}.`, { cause });
}
