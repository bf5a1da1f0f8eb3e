import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import {
  formatParameters,
  GeneratedImage,
  type GeneratedImageInit,
  readParameters,
  type GenerationParameters,
  type ImageFormat,
} from '../../../lib/image/index.js';
import { exifUserComment } from '../../support/exif-user-comment.js';

const parameters: GenerationParameters = {
  prompt: 'un été (nice:1.3), 猫 🐱',
  negativePrompt: 'blurry',
  numInferenceSteps: 20,
  seed: 7,
};
const width = 24;
const height = 16;
/** A gradient in red and green on half blue: no two rows or columns are alike. */
const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const x = Math.floor(i / 3) % width;
  const y = Math.floor(i / 3 / width);
  return [x * 10, y * 15, 128][i % 3]!;
});
const image = new GeneratedImage({ data, width, height, seed: 7, parameters });
const lossyFormats: ImageFormat[] = ['jpeg', 'webp', 'avif'];

describe('a generated image', () => {
  test('says what it is made of', () => {
    expect(image).toMatchObject({ width, height, channels: 3, seed: 7, parameters });
    expect(image.data).toBe(data);
  });

  test('refuses pixels that do not fill it', () => {
    expect(() => new GeneratedImage({ data, width: 25, height })).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining('1200') as unknown,
      }),
    );
  });

  test.each([
    ['pixels that are no bytes', { data: new Float32Array(3), width: 1, height: 1 }],
    ['no pixels', { data: undefined, width: 1, height: 1 }],
    ['a size that is no integer', { data: new Uint8Array(9), width: 1.5, height: 2 }],
    ['no size', { data: new Uint8Array(0), width: 0, height: 0 }],
    [
      'memory that can shrink while sharp reads it',
      {
        data: new Uint8Array(Reflect.construct(ArrayBuffer, [3, { maxByteLength: 3 }])),
        width: 1,
        height: 1,
      },
    ],
  ])('refuses %s', (_, init) => {
    expect(() => new GeneratedImage(init as GeneratedImageInit)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  test('refuses to encode pixels that were transferred to another thread', async () => {
    const transferred = new GeneratedImage({ data: new Uint8Array(3), width: 1, height: 1 });
    structuredClone(transferred.data, { transfer: [transferred.data.buffer as ArrayBuffer] });
    await expect(transferred.toBuffer('png')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('gives a fresh sharp instance each time', async () => {
    const half = await image.toSharp().resize(12).raw().toBuffer({ resolveWithObject: true });
    expect([half.info.width, half.info.height]).toEqual([12, 8]);
    expect(await image.toSharp().raw().toBuffer()).toEqual(Buffer.from(data));
  });

  test('reads the right pixels when they are a part of a larger buffer', async () => {
    const larger = new Uint8Array(data.length + 100).fill(255);
    larger.set(data, 50);
    const part = new GeneratedImage({ data: larger.subarray(50, 50 + data.length), width, height });
    expect(await part.toSharp().raw().toBuffer()).toEqual(Buffer.from(data));
  });
});

describe('encoding a generated image', () => {
  test('as PNG keeps every pixel and carries the parameters', async () => {
    const png = await image.toBuffer('png');
    expect(await sharp(png).raw().toBuffer()).toEqual(Buffer.from(data));
    expect(await readParameters(png)).toBe(formatParameters(parameters));
  });

  test.each(lossyFormats)('as %s keeps the image and carries the parameters in EXIF', async (format) => {
    const encoded = await image.toBuffer(format, { quality: 95 });
    const { exif, ...metadata } = await sharp(encoded).metadata();
    expect(metadata).toMatchObject({ format: format === 'avif' ? 'heif' : format, width, height });
    expect(exifUserComment(exif!)).toBe(formatParameters(parameters));
    const pixels = await sharp(encoded).removeAlpha().raw().toBuffer();
    const error = pixels.reduce((sum, value, i) => sum + Math.abs(value - data[i]!), 0) / data.length;
    expect(error).toBeLessThan(8);
  });

  test.each(['png', ...lossyFormats] as const)(
    'as %s leaves no text in it with metadata: false',
    async (format) => {
      const { exif, comments } = await sharp(await image.toBuffer(format, { metadata: false })).metadata();
      expect({ exif, comments }).toEqual({ exif: undefined, comments: undefined });
    },
  );

  test('hands options on to sharp', async () => {
    const [small, large] = await Promise.all([
      image.toBuffer('jpeg', { quality: 10 }),
      image.toBuffer('jpeg', { quality: 100 }),
    ]);
    expect(small.length).toBeLessThan(large.length);
  });

  test('fails with INVALID_ARGUMENT for an option sharp refuses and for an unknown format', async () => {
    await expect(image.toBuffer('jpeg', { quality: 101 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('between 1 and 100 for quality') as unknown,
    });
    await expect(image.toBuffer('gif' as 'png')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('png, jpeg, webp, avif') as unknown,
    });
  });

  test('says so when the parameters are too long for EXIF, where PNG takes them', async () => {
    const prompt = 'very '.repeat(10_000);
    const verbose = new GeneratedImage({ data, width, height, parameters: { prompt } });
    await expect(verbose.toBuffer('webp')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await readParameters(await verbose.toBuffer('png'))).toBe(prompt.trim());
  });
});
