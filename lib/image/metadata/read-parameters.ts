import { fileURLToPath } from 'node:url';

import { InvalidArgumentError } from '../../common/errors.js';
import { wrongValue } from '../../common/options.js';
import { FileReadError, readFileBytes } from '../../common/read-file.js';
import { loadSharp } from '../load-sharp.js';
import { isPng, readPngText } from './png-text.js';
import { readUserComment } from './user-comment.js';

/** Limit of a file: an uncompressed image of 8192x8192 pixels has 201 MB. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/**
 * Reads the parameters text that this package or AUTOMATIC1111's web UI embedded in an image: the text chunk
 * `parameters` of a PNG, the EXIF UserComment of a JPEG, WebP or AVIF. Undefined without one. {@link parseParameters}
 * parses the text.
 *
 * @param source - the image's bytes, or the path or `file:` URL of a regular file of at most 256 MiB
 * @throws InvalidArgumentError when the file cannot be read or is not a complete image of these formats, or its text is
 * damaged or longer than 8 MiB
 * @throws OpenVINODiffusersError `UNSUPPORTED` for other formats than PNG where sharp cannot be loaded
 *
 * @example
 * const text = await readParameters('lighthouse.png');
 * if (text !== undefined) console.log(parseParameters(text).prompt);
 */
export async function readParameters(source: Uint8Array | string | URL): Promise<string | undefined> {
  const bytes = await bytesOf(source);
  if (isPng(bytes)) return readPngText(bytes, 'parameters');
  if (!isExifImage(bytes)) throw new InvalidArgumentError('Expected an image of PNG, JPEG, WebP or AVIF.');
  const sharp = loadSharp();
  try {
    // Reads headers only, so that the image may have any size.
    const { exif } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return exif && readUserComment(exif);
  } catch (cause) {
    throw new InvalidArgumentError(`Expected a complete image, but: ${(cause as Error).message}`, { cause });
  }
}

/** The image's bytes; a caller's are copied, as their memory could be changed or resized while sharp reads it. */
async function bytesOf(source: Uint8Array | string | URL): Promise<Buffer> {
  // Not instanceof: test runners have classes of another realm.
  if (ArrayBuffer.isView(source)) {
    return Buffer.from(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }
  const path = pathOf(source);
  if (path === undefined) throw wrongValue('an image as bytes, a path or a file: URL', 'source', source);
  try {
    return await readFileBytes(path, { maxBytes: MAX_FILE_BYTES });
  } catch (cause) {
    if (!(cause instanceof FileReadError)) throw cause;
    throw new InvalidArgumentError(`Expected the path of an image, but: ${cause.message}`, { cause });
  }
}

function pathOf(source: unknown): string | undefined {
  if (typeof source === 'string') return source;
  const isFileUrl =
    typeof source === 'object' && source !== null && 'href' in source && /^file:/i.test(String(source.href));
  try {
    return isFileUrl ? fileURLToPath(String(source.href)) : undefined;
  } catch {
    return undefined;
  }
}

/** By signature: JPEG's marker, WebP's RIFF header, an AVIF brand in the first box. */
function isExifImage(bytes: Buffer): boolean {
  const ascii = (from: number, to: number): string => bytes.toString('latin1', from, to);
  if (bytes.subarray(0, 3).equals(Buffer.of(0xff, 0xd8, 0xff))) return true;
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return true;
  return ascii(4, 8) === 'ftyp' && /avi[fs]|mif1/.test(ascii(8, 64));
}
