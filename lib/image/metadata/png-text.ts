import { crc32 } from 'node:zlib';

import { InvalidArgumentError } from '../../common/errors.js';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** IHDR is always first and always this long: length, type, 13 bytes of data, CRC. */
const headerEnd = signature.length + 4 + 4 + 13 + 4;
const separator = Buffer.of(0);

/**
 * Inserts a text chunk before a PNG's pixels: tEXt when the text is Latin-1, else uncompressed iTXt (PNG
 * specification, 11.3.3). sharp reads such chunks but cannot write them.
 */
export function insertPngText(png: Buffer, keyword: string, text: string): Buffer {
  return Buffer.concat([png.subarray(0, headerEnd), textChunk(keyword, text), png.subarray(headerEnd)]);
}

/** The text a PNG carries under a keyword, or undefined. Throws InvalidArgumentError for what is not a whole PNG. */
export function readPngText(png: Buffer, keyword: string): string | undefined {
  if (!png.subarray(0, signature.length).equals(signature)) {
    throw new InvalidArgumentError('Expected a PNG, whose first 8 bytes are its signature.');
  }
  for (const { type, data } of chunksOf(png)) {
    if (type !== 'tEXt' && type !== 'iTXt') continue;
    const end = data.indexOf(0);
    if (data.toString('latin1', 0, end) !== keyword) continue;
    const rest = data.subarray(end + 1);
    return type === 'tEXt' ? rest.toString('latin1') : internationalText(rest);
  }
  return undefined;
}

function textChunk(keyword: string, text: string): Buffer {
  const key = Buffer.from(keyword, 'latin1');
  if (/^[\x01-\xff]*$/.test(text)) {
    return chunk('tEXt', Buffer.concat([key, separator, Buffer.from(text, 'latin1')]));
  }
  // Compression flag and method, then an empty language tag and an empty translated keyword, both zero-terminated.
  const uncompressed = Buffer.alloc(4);
  return chunk('iTXt', Buffer.concat([key, separator, uncompressed, Buffer.from(text, 'utf8')]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(4 + body.length + 4);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 4 + body.length);
  return framed;
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  let start = signature.length;
  for (;;) {
    const length = start + 8 <= png.length ? png.readUInt32BE(start) : Infinity;
    const end = start + 8 + length + 4;
    if (end > png.length) throw new InvalidArgumentError('Expected a whole PNG, but its end is missing.');
    const type = png.toString('latin1', start + 4, start + 8);
    yield { type, data: png.subarray(start + 8, end - 4) };
    if (type === 'IEND') return;
    start = end;
  }
}

/** What follows the keyword in iTXt; undefined when compressed, which neither this package nor the web UI writes. */
function internationalText(data: Buffer): string | undefined {
  const isCompressed = data[0] !== 0;
  const languageEnd = data.indexOf(0, 2);
  const textStart = data.indexOf(0, languageEnd + 1) + 1;
  return isCompressed ? undefined : data.toString('utf8', textStart);
}
