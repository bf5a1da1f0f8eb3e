import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  formatParameters,
  GeneratedImage,
  parseParameters,
  readParameters,
} from '../../../../lib/image/index.js';
import { insertPngText, MAX_TEXT_BYTES } from '../../../../lib/image/metadata/png-text.js';
import { compressedPngs, exifImages, pillowPngs } from '../../../support/image-reference.js';

/** Node 20 has them, TypeScript's declarations for it do not. */
type Resizable = ArrayBuffer & { resize: (length: number) => void };
const ResizableArrayBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => Resizable;

const plainPng = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-parameters-'));
});
afterAll(() => rm(folder, { recursive: true }));

function chunk(type: string, data: Uint8Array, crc?: number): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc ?? crc32(body), body.length + 4);
  return framed;
}

/** A PNG with a chunk before its pixels. */
function pngWith(...chunks: Buffer[]): Buffer {
  return Buffer.concat([plainPng.subarray(0, 33), ...chunks, plainPng.subarray(33)]);
}

const keyed = (...parts: (string | Uint8Array)[]): Buffer =>
  Buffer.concat([
    Buffer.from('parameters\0', 'latin1'),
    ...parts.map((part) => Buffer.from(part as Uint8Array)),
  ]);

describe('reading parameters', () => {
  test.each([...compressedPngs, ...pillowPngs])(
    'from a PNG that Pillow wrote: $name',
    async ({ text, png }) => {
      expect(await readParameters(png)).toBe(text);
    },
  );

  test.each(exifImages)('from an image that Pillow wrote: $name', async ({ name, text, image }) => {
    expect(await readParameters(image)).toBe(text);
    const path = join(folder, `${name.replaceAll(/\W/g, '-')}.image`);
    await writeFile(path, image);
    expect(await readParameters(pathToFileURL(path))).toBe(text);
  });

  test.each(['png', 'jpeg', 'webp', 'avif'] as const)(
    'from an own %s gives what was written',
    async (format) => {
      const parameters = {
        prompt: 'un été\nNegative prompt: 猫 🐱, "quoted"\nSteps: 20, Sampler: Euler, Seed: 1',
        negativePrompt: 'a: b, c',
        numInferenceSteps: 20,
        seed: 2n ** 63n,
        scheduler: 'DPMSolverMultistepScheduler',
        schedulerConfig: { algorithmType: 'sde-dpmsolver++', useKarrasSigmas: true },
      };
      const data = new Uint8Array(16 * 16 * 3);
      const image = new GeneratedImage({ data, width: 16, height: 16, parameters });
      const text = await readParameters(await image.toBuffer(format));
      expect(text).toBe(formatParameters(parameters));
      expect(parseParameters(text!)).toMatchObject(parameters);
    },
  );

  test.each(['jpeg', 'webp', 'avif'] as const)('gives undefined for a %s without any', async (format) => {
    expect(await readParameters(await sharp(plainPng).toFormat(format).toBuffer())).toBeUndefined();
    const other = await sharp(plainPng)
      .withExif({ IFD0: { Artist: 'x' } })
      .toFormat(format)
      .toBuffer();
    expect(await readParameters(other)).toBeUndefined();
  });

  test('takes bytes of any view, and keeps no hold of them', async () => {
    const png = insertPngText(plainPng, 'parameters', 'x');
    const memory = new ResizableArrayBuffer(png.length + 7, { maxByteLength: png.length + 7 });
    new Uint8Array(memory).set(png, 7);
    const reading = readParameters(new Uint8Array(memory, 7, png.length));
    memory.resize(0);
    expect(await reading).toBe('x');
  });
});

describe('reading parameters is refused', () => {
  const refused = async (source: unknown, message: RegExp): Promise<void> => {
    await expect(readParameters(source as string)).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message) as unknown,
    });
  };

  test.each([undefined, null, 7, {}, ['x'], new URL('https://example.org/cat.png')])(
    'of %s',
    async (source) => {
      await refused(source, /Expected an image as bytes, a path or a file: URL for source/);
    },
  );

  test('of a folder, of a device without end, of a FIFO nobody writes to, of nothing', async () => {
    await mkdir(join(folder, 'cat.png'));
    await refused(join(folder, 'cat.png'), /a directory, not a regular file/);
    await refused(join(folder, 'missing.png'), /ENOENT/);
    await refused('', /ENOENT/);
    await refused('a\0b', /null bytes/);
    if (process.platform === 'win32') return;
    await refused('/dev/zero', /a device, not a regular file/);
    execFileSync('mkfifo', [join(folder, 'fifo.png')]);
    await refused(join(folder, 'fifo.png'), /a FIFO, not a regular file/);
  });

  test('of a file that is too large, without reading it', async () => {
    const path = join(folder, 'large.png');
    const file = await open(path, 'w');
    await file.write(plainPng);
    await file.truncate(2 ** 40);
    await file.close();
    await refused(path, /more than 268435456 bytes/);
    await rm(path);
  });

  test.each([
    ['a text whose checksum is wrong', chunk('tEXt', keyed('a cat'), 1), /checksum is wrong/],
    [
      'a text that is too long',
      chunk('tEXt', keyed(Buffer.alloc(MAX_TEXT_BYTES + 1, 'x'))),
      /at most 8388608 bytes/,
    ],
    [
      'a text that is too long once decompressed',
      chunk('zTXt', keyed('\0', deflateSync(Buffer.alloc(100 << 20)))),
      /at most 8388608 bytes/,
    ],
    [
      'an international text that is too long once decompressed',
      chunk('iTXt', keyed('\x01\0\0\0', deflateSync(Buffer.alloc(100 << 20)))),
      /at most 8388608 bytes/,
    ],
    ['a compressed text that is damaged', chunk('zTXt', keyed('\0', 'no zlib')), /incorrect header check/],
    [
      'a compressed text that is cut short',
      chunk('zTXt', keyed('\0', deflateSync(Buffer.alloc(100, 'x')).subarray(0, 8))),
      /unexpected end of file/,
    ],
    [
      'a compression that is unknown',
      chunk('zTXt', keyed('\x01', deflateSync('x'))),
      /compression is unknown/,
    ],
    ['an international text without its header', chunk('iTXt', keyed('\0\0x')), /header is not complete/],
    ['a chunk without end', Buffer.from('7fffffff74455874', 'hex'), /end is missing/],
    ['a chunk of the greatest length', Buffer.from('ffffffff74455874', 'hex'), /end is missing/],
  ])('for a PNG with %s', async (_, bytes, message) => {
    await refused(pngWith(bytes), message);
  });

  test('for a PNG of more chunks than any has', async () => {
    const empty = chunk('IDAT', Buffer.alloc(0));
    await refused(pngWith(Buffer.alloc(200_000 * empty.length, empty)), /at most 100000 chunks/);
  });

  test.each(exifImages.filter(({ name }) => name.endsWith('big-endian')))(
    'for a file that merely starts as one: $name',
    async ({ image }) => {
      await refused(image.subarray(0, 16), /Expected a complete image/);
    },
  );

  test('for a text that is too long to be written', async () => {
    const image = new GeneratedImage({
      data: new Uint8Array(3),
      width: 1,
      height: 1,
      parameters: { prompt: 'x'.repeat(MAX_TEXT_BYTES + 1) },
    });
    await expect(image.toBuffer('png')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
