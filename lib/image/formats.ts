import { extname } from 'node:path';

import type { AvifOptions, JpegOptions, PngOptions, WebpOptions } from 'sharp';

import { InvalidArgumentError } from '../common/errors.js';

/** The image formats that can be written, with sharp's options for each. */
export interface FormatOptions {
  png: PngOptions;
  jpeg: JpegOptions;
  webp: WebpOptions;
  avif: AvifOptions;
}
/** A format that images are encoded in. */
export type ImageFormat = keyof FormatOptions;

const formatOfExtension: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.avif': 'avif',
};
const formats: readonly string[] = Object.values(formatOfExtension);

export function isImageFormat(format: unknown): format is ImageFormat {
  return typeof format === 'string' && formats.includes(format);
}

/**
 * The format that a path's extension names, case-insensitively.
 *
 * @throws InvalidArgumentError for an unknown extension or none
 */
export function formatOfPath(path: string): ImageFormat {
  const extension = extname(path).toLowerCase();
  const format = formatOfExtension[extension];
  if (format) return format;
  const known = Object.keys(formatOfExtension).join(', ');
  throw new InvalidArgumentError(
    `Expected a path that ends in one of ${known} but received ${path}, which ` +
      (extension === '' ? 'has no extension' : `ends in ${extension}`),
  );
}
