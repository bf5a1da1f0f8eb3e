import { fileURLToPath } from 'node:url';

import type { Sharp } from 'sharp';

import { InvalidArgumentError } from '../../common/errors.js';
import { wrongValue } from '../../common/options.js';
import { FileReadError, readFileBytes } from '../../common/read-file.js';
import { loadSharp } from '../load-sharp.js';
import {
  IMAGE_INPUT_DESCRIPTION,
  isArrayBuffer,
  isBlob,
  isBytes,
  isRawImage,
  isSharp,
  isUrl,
  type ImageInput,
  type RawImageInput,
} from './image-input.js';
import type { Pixels } from './pixels.js';

/** Limit of an encoded image, as for `readParameters`. */
const MAX_FILE_BYTES = 256 * 2 ** 20;
/** Limit of a decoded one, where Pillow begins to warn of a decompression bomb: 256 MiB of RGB. */
export const MAX_IMAGE_PIXELS = 89_478_485;

/** Formats of images made of pixels; SVG and PDF, which sharp may read too, are programs. */
const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'heif', 'gif', 'tiff', 'jxl', 'jp2'];

/**
 * Reads an image's pixels, as diffusers' `load_image` does with Pillow: turned upright as EXIF says, colours as the
 * file has them whatever its color profile, of 16 bits the upper 8, CMYK without a profile's help, the first frame of
 * several. Alpha stays, for masks.
 *
 * What the caller passes is copied before the first await.
 *
 * @param name - of the option, for messages
 * @throws InvalidArgumentError naming what is wrong: a URL, a file that is missing or no image, one of more than
 * 89 million pixels
 * @throws OpenVINODiffusersError `UNSUPPORTED` for encoded images where sharp cannot be loaded
 */
export async function readImage(image: ImageInput, name: string): Promise<Pixels> {
  if (isSharp(image)) return decode(image.clone(), name);
  if (!isBytes(image) && isRawImage(image)) return rawPixels(image, name);
  const bytes = await encodedBytes(image, name);
  const sharp = loadSharp();
  try {
    return await decode(sharp(bytes, { limitInputPixels: MAX_IMAGE_PIXELS, ignoreIcc: true }), name, FORMATS);
  } catch (cause) {
    throw cause instanceof InvalidArgumentError ? cause : notAnImage(name, (cause as Error).message, cause);
  }
}

async function decode(image: Sharp, name: string, formats?: readonly string[]): Promise<Pixels> {
  try {
    const { format, space } = await image.metadata();
    if (formats && !formats.includes(format)) {
      throw notAnImage(name, `it is of the format ${format}`, undefined);
    }
    const isCmyk = formats !== undefined && space === 'cmyk';
    if (formats) image.autoOrient();
    if (isCmyk) image.pipelineColourspace('cmyk').toColourspace('cmyk');
    else image.toColourspace('srgb');
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
    if (isCmyk) return cmykToRgb(pixels, { width, height, channels });
    if (channels === 1 || channels === 3 || channels === 4) return { data: pixels, width, height, channels };
    throw notAnImage(name, `it has ${channels} channels`, undefined);
  } catch (cause) {
    throw cause instanceof InvalidArgumentError ? cause : notAnImage(name, (cause as Error).message, cause);
  }
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Pillow's arithmetic, which knows no profiles. */
function cmykToRgb(data: Uint8Array, { width, height, channels }: Layout): Pixels {
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const light = 255 - data[i * channels + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = data[i * channels + channel]! * light + 128;
      rgb[i * 3 + channel] = light - (((product >> 8) + product) >> 8);
    }
  }
  return { data: new Uint8Array(rgb.buffer), width, height, channels: 3 };
}

function rawPixels({ data, width, height, channels = 4 }: RawImageInput, name: string): Pixels {
  const isSide = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
  for (const [side, value] of Object.entries({ width, height })) {
    if (!isSide(value)) throw wrongValue('an integer from 1', `the ${side} of ${name}`, value);
  }
  if (![1, 3, 4].includes(channels)) throw wrongValue('1, 3 or 4', `the channels of ${name}`, channels);
  if (!isBytes(data)) throw wrongValue('a Uint8Array', `the data of ${name}`, data);
  if (width * height > MAX_IMAGE_PIXELS) throw tooLarge(name, width, height);
  if (data.length !== width * height * channels) {
    throw new InvalidArgumentError(
      `Expected ${width * height * channels} bytes for ${name} of ${width} x ${height} pixels with ${channels} ` +
        `channels but received ${data.length}`,
    );
  }
  return { data: Uint8Array.from(data), width, height, channels };
}

async function encodedBytes(image: unknown, name: string): Promise<Uint8Array> {
  // Copies: the caller's memory could be changed or resized while sharp reads it.
  if (isBytes(image)) return Uint8Array.from(image);
  if (isArrayBuffer(image)) return new Uint8Array(image.slice(0));
  if (isBlob(image)) {
    if (image.size > MAX_FILE_BYTES) throw notAnImage(name, `it has ${image.size} bytes`, undefined);
    return new Uint8Array(await image.arrayBuffer());
  }
  const path = pathOf(image, name);
  if (path === undefined) throw wrongValue(IMAGE_INPUT_DESCRIPTION, name, image);
  try {
    return await readFileBytes(path, { maxBytes: MAX_FILE_BYTES });
  } catch (cause) {
    if (!(cause instanceof FileReadError)) throw cause;
    throw new InvalidArgumentError(`Expected an image for ${name}, but: ${cause.message}`, { cause });
  }
}

function pathOf(image: unknown, name: string): string | undefined {
  if (typeof image !== 'string' && !isUrl(image)) return undefined;
  const text = String(image);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(text) ?? [];
  // A single letter is a drive of Windows.
  if (scheme === undefined || (typeof image === 'string' && !isUrlScheme(scheme))) return text;
  if (scheme.toLowerCase() === 'file') return fileUrlPath(text, name);
  throw new InvalidArgumentError(
    `Expected an image for ${name} but received a URL (${text.slice(0, 60)}). URLs are not fetched, so that a ` +
      "stranger's text cannot make this process send requests; fetch it yourself and pass the bytes: " +
      `${name}: await (await fetch(url)).blob()`,
  );
}

const isUrlScheme = (scheme: string): boolean => /^(https?|ftp|data|blob|file|s3|gs)$/i.test(scheme);

function fileUrlPath(url: string, name: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InvalidArgumentError(
      `Expected a file: URL of this machine for ${name}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function notAnImage(name: string, reason: string, cause: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Expected an image for ${name} (PNG, JPEG, WebP, AVIF, GIF or TIFF of at most ${MAX_IMAGE_PIXELS} pixels), ` +
      `but: ${reason}`,
    { cause },
  );
}

function tooLarge(name: string, width: number, height: number): InvalidArgumentError {
  return notAnImage(name, `it has ${width} x ${height} pixels`, undefined);
}
