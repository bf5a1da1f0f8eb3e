import { readFile } from 'node:fs/promises';

import { InvalidArgumentError } from '../../common/errors.js';
import { readPngText } from './png-text.js';

/**
 * The parameters text of a PNG this package, or AUTOMATIC1111's web UI, wrote; undefined when it carries none.
 *
 * @param source the PNG, or the path of one
 * @throws InvalidArgumentError when the file cannot be read or is not a whole PNG
 */
export async function readParameters(source: Uint8Array | string): Promise<string | undefined> {
  const png = typeof source === 'string' ? await fileAt(source) : source;
  return readPngText(Buffer.from(png.buffer, png.byteOffset, png.byteLength), 'parameters');
}

async function fileAt(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InvalidArgumentError(`Expected the path of a PNG but ${path} cannot be read`, { cause });
  }
}
