import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import { readParameters } from '../../../../lib/image/index.js';
import { insertPngText, readPngText } from '../../../../lib/image/metadata/png-text.js';
import { pillowPngs } from '../../../support/image-reference.js';

const plainPng = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

/** The bytes of the first text chunk, from its length to its checksum. */
function textChunkOf(png: Buffer): Buffer {
  const type = Math.max(png.indexOf('tEXt'), png.indexOf('iTXt'));
  return png.subarray(type - 4, type + 4 + png.readUInt32BE(type - 4) + 4);
}

describe.each(pillowPngs)('a PNG text, $name', ({ text, png }) => {
  test('is read from the PNG Pillow wrote', async () => {
    expect(await readParameters(png)).toBe(text);
  });

  test('is written as the chunk Pillow writes, checksum included', () => {
    expect(textChunkOf(insertPngText(plainPng, 'parameters', text))).toEqual(textChunkOf(png));
  });
});

describe('a PNG with a text put in', () => {
  test('still holds the same pixels for libvips', async () => {
    const pixels = await sharp(insertPngText(plainPng, 'parameters', '猫'))
      .raw()
      .toBuffer();
    expect(pixels).toEqual(await sharp(plainPng).raw().toBuffer());
  });

  test('shows the text to libvips', async () => {
    const { comments } = await sharp(insertPngText(plainPng, 'parameters', 'a 猫')).metadata();
    expect(comments).toEqual([{ keyword: 'parameters', text: 'a 猫' }]);
  });

  test('gives any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(readPngText(insertPngText(plainPng, 'parameters', text), 'parameters')).toBe(text);
      }),
    );
  });
});

describe('reading parameters', () => {
  test('gives undefined for a PNG without any', async () => {
    expect(await readParameters(plainPng)).toBeUndefined();
    expect(await readParameters(insertPngText(plainPng, 'Software', 'x'))).toBeUndefined();
  });

  test('works by path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parameters-'));
    try {
      await writeFile(join(folder, 'cat.png'), insertPngText(plainPng, 'parameters', 'a cat'));
      expect(await readParameters(join(folder, 'cat.png'))).toBe('a cat');
      await expect(readParameters(join(folder, 'dog.png'))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('refuses what is no PNG, and one that is cut short anywhere', async () => {
    const png = insertPngText(plainPng, 'Software', 'x');
    await expect(readParameters(Buffer.from('GIF89a…'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    for (let length = 9; length < png.length; length++) {
      await expect(readParameters(png.subarray(0, length))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('end is missing') as unknown,
      });
    }
  });
});
