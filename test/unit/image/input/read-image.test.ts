import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { InvalidArgumentError } from '../../../../lib/common/errors.js';
import {
  GeneratedImage,
  isImageInput,
  MAX_IMAGE_PIXELS,
  readImage,
  toRgb,
  type ImageInput,
} from '../../../../lib/image/index.js';
import reference from '../../../fixtures/reference/image_inputs.json' with { type: 'json' };
import { sourceImage } from '../../../support/image-inputs.js';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const png = bytes(reference.files[0]!.file);
const rgb = sourceImage(23, 17, 3);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  await writeFile(join(folder, 'image.png'), png);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('files are read as diffusers reads them', () => {
  it.each(reference.files)('$name', async ({ file, size, pixels }) => {
    const image = toRgb(await readImage(bytes(file), 'image'));
    expect([image.width, image.height]).toEqual(size);
    const expected = bytes(pixels);
    const away = image.data.map((level, i) => Math.abs(level - expected[i]!));
    expect(image.data.length).toBe(expected.length);
    expect(Math.max(...away)).toBeLessThanOrEqual(1);
  });
});

describe('an image may be', () => {
  const forms: [string, () => ImageInput][] = [
    ['a path', () => join(folder, 'image.png')],
    ['a file: URL', () => pathToFileURL(join(folder, 'image.png'))],
    ['a file: URL as text', () => pathToFileURL(join(folder, 'image.png')).href],
    ['a Buffer', () => Buffer.from(png)],
    ['a Uint8Array', () => png],
    [
      'a Uint8Array of another realm',
      () => vm.runInNewContext('Uint8Array.from(png)', { png }) as Uint8Array,
    ],
    ['an ArrayBuffer', () => png.slice().buffer],
    ['a Blob', () => new Blob([png.slice()])],
    ['an instance of sharp', () => sharp(png)],
    ['bare pixels', () => rgb],
    ['a GeneratedImage', () => new GeneratedImage({ data: rgb.data, width: 23, height: 17 })],
  ];
  it.each(forms)('%s', async (_, form) => {
    const image = form();
    expect(isImageInput(image)).toBe(true);
    const { data, width, height, channels } = await readImage(image, 'image');
    expect([width, height, channels]).toEqual([23, 17, 3]);
    expect(Buffer.compare(data, rgb.data)).toBe(0);
  });

  it("a canvas' ImageData, which does not say that it has four channels", async () => {
    const data = new Uint8ClampedArray(4 * 6).fill(9);
    expect(await readImage({ data, width: 3, height: 2 }, 'image')).toMatchObject({ channels: 4, width: 3 });
  });

  it("a sharp instance's result, which may be of 16 bits, and the instance stays usable", async () => {
    const instance = sharp(png).resize(8, 8).toColourspace('rgb16');
    expect(await readImage(instance, 'image')).toMatchObject({ width: 8, height: 8, channels: 3 });
    expect((await instance.png().toBuffer()).length).toBeGreaterThan(0);
  });
});

describe('what is changed after the call has no effect', () => {
  it.each<[string, (data: Uint8Array) => ImageInput]>([
    ['bytes', (data) => data],
    ['bare pixels', (data) => ({ data, width: data.length, height: 1, channels: 1 })],
  ])('on %s', async (_, form) => {
    const own = png.slice();
    const reading = readImage(form(own), 'image');
    own.fill(0);
    const expected = await readImage(form(png), 'image');
    expect(await reading).toEqual(expected);
  });
});

describe('what is no image is refused by name', () => {
  const pixels = new Uint8Array(12);
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
  const cases: [string, unknown, RegExp][] = [
    ['a URL', 'https://example.com/a.png', /maskImage.*URL.*not fetched.*fetch\(url\)/s],
    ['a URL object', new URL('http://169.254.169.254/latest'), /URL.*not fetched/s],
    ['a data: URL', 'data:image/png;base64,AAAA', /URL.*not fetched/s],
    ['a missing file', '/no/such/file.png', /no\/such\/file\.png/],
    ['a folder', tmpdir(), /directory/],
    ['text', Buffer.from('not an image'), /Expected an image for maskImage/],
    ['a cut file', png.subarray(0, png.length / 2), /Expected an image for maskImage/],
    ['an empty file', new Uint8Array(0), /Expected an image for maskImage/],
    ['an SVG', svg, /format svg/],
    ['a number', 7, /Expected an image .* of type number/],
    ['null', null, /Expected an image/],
    ['too few pixels', { data: pixels, width: 3, height: 3, channels: 3 }, /27 bytes.*received 12/],
    ['two channels', { data: pixels, width: 3, height: 2, channels: 2 }, /1, 3 or 4/],
    ['no width', { data: pixels, width: 0, height: 2, channels: 3 }, /width/],
    [
      'numbers of another kind',
      { data: new Float32Array(12), width: 2, height: 2, channels: 3 },
      /Uint8Array/,
    ],
    ['more pixels than the limit', { data: pixels, width: 1e5, height: 1e5, channels: 3 }, /100000 x 100000/],
  ];
  it.each(cases)('%s', async (_, image, message) => {
    const failing = readImage(image as ImageInput, 'maskImage');
    await expect(failing).rejects.toThrow(InvalidArgumentError);
    await expect(failing).rejects.toThrow(message);
  });

  it('an encoded image of more pixels than the limit, before it is decoded', async () => {
    const side = Math.ceil(Math.sqrt(MAX_IMAGE_PIXELS)) + 1;
    const header = Buffer.from(png);
    header.writeUInt32BE(side, 16);
    header.writeUInt32BE(side, 20);
    await expect(readImage(header, 'image')).rejects.toThrow(InvalidArgumentError);
  });
});
