import type { Sharp } from 'sharp';

import type { GeneratedImage } from '../generated-image.js';

/** Bare pixels, row-major, 8 bits a channel; not copied before the call returns, and not changed. */
export interface RawImageInput {
  /** Shape `[height, width, channels]`. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** 1 for grey, 3 for RGB, 4 for RGB and alpha. Default: 4, as a canvas' `ImageData` has it. */
  readonly channels?: 1 | 3 | 4 | undefined;
}

/**
 * An image as pipelines take it: the path or `file:` URL of a file; an encoded file's bytes (PNG, JPEG, WebP, AVIF, GIF,
 * TIFF) as a Buffer, a Uint8Array, an ArrayBuffer or a Blob; an instance of sharp; bare pixels; or an image that a
 * pipeline generated. Other URLs are refused: fetch them yourself, so that no text of a stranger makes a server ask
 * others in its network, and pass the response's blob.
 *
 * @example
 * ```ts
 * const response = await fetch('https://example.com/sketch.png');
 * const { images } = await pipeline.generate('a castle', { image: await response.blob() });
 * ```
 */
export type ImageInput =
  string | URL | Uint8Array | ArrayBuffer | Blob | Sharp | RawImageInput | GeneratedImage;

export const IMAGE_INPUT_DESCRIPTION =
  'an image (a path, an encoded file as Buffer, Uint8Array, ArrayBuffer or Blob, a sharp instance, ' +
  '{ data, width, height, channels } or a GeneratedImage)';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

// None by instanceof: test runners and Electron have classes of another realm.
export const isUrl = (value: unknown): value is URL =>
  isObject(value) && 'href' in value && typeof value.href === 'string' && 'searchParams' in value;
export const isBlob = (value: unknown): value is Blob =>
  isObject(value) && 'arrayBuffer' in value && typeof value.arrayBuffer === 'function' && 'size' in value;
export const isArrayBuffer = (value: unknown): value is ArrayBuffer =>
  isObject(value) && Object.prototype.toString.call(value) === '[object ArrayBuffer]';
export const isSharp = (value: unknown): value is Sharp =>
  isObject(value) &&
  ['clone', 'metadata', 'toBuffer', 'raw'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function',
  );
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) &&
  ['[object Uint8Array]', '[object Uint8ClampedArray]'].includes(Object.prototype.toString.call(value));
export const isRawImage = (value: unknown): value is RawImageInput =>
  isObject(value) && !isBytes(value) && 'data' in value && 'width' in value && 'height' in value;

/** Whether a value is of one of the kinds; what it holds is checked when it is read. */
export function isImageInput(value: unknown): value is ImageInput {
  if (typeof value === 'string') return value !== '';
  const checks = [isUrl, isBytes, isArrayBuffer, isBlob, isSharp, isRawImage];
  return checks.some((check) => check(value));
}
