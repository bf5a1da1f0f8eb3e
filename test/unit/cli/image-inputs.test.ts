import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readImageInputs, sizeOf, type ImageOptions } from '../../../lib/cli/image-inputs.js';

let folder: string;
let image: string;
let text: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-inputs-'));
  image = join(folder, 'image.png');
  text = join(folder, 'text.png');
  await sharp({ create: { width: 9, height: 7, channels: 3, background: 'red' } }).toFile(image);
  await writeFile(text, 'not an image');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the pipeline of the command line', () => {
  it('follows from the images that are given', async () => {
    expect((await readImageInputs({}, 20)).task).toBeUndefined();
    const toImage = await readImageInputs({ image, strength: 0.5 }, 20);
    expect(toImage.task).toBe('Img2Img');
    expect(toImage.options).toMatchObject({ image: { width: 9, height: 7 }, strength: 0.5 });
    const inpaint = await readImageInputs({ image, mask: image, maskBlur: 2 }, 20);
    expect(inpaint.task).toBe('Inpaint');
    expect(inpaint.options).toMatchObject({ maskImage: { width: 9 }, maskBlur: 2, applyOverlay: true });
  });

  it.each<[string, () => ImageOptions, RegExp]>([
    ['a mask without an image', () => ({ mask: image }), /--mask needs an image/],
    ['a strength without an image', () => ({ strength: 1 }), /--strength needs an image/],
    ['a blur without a mask', () => ({ image, maskBlur: 1 }), /--mask-blur needs a mask/],
    ['a missing file', () => ({ image: join(folder, 'none.png') }), /--image.*none\.png/],
    ['a file that is no image', () => ({ image, mask: text }), /Expected an image for --mask/],
    ['a strength of less than one step', () => ({ image, strength: 0.01 }), /strength/],
  ])('is refused for %s before a model is loaded', async (_, options, message) => {
    await expect(readImageInputs(options(), 20)).rejects.toThrow(message);
  });

  it('generates at the size of the image, rounded down', () => {
    const pixels = { data: new Uint8Array(0), channels: 3 } as const;
    expect(sizeOf({ ...pixels, width: 513, height: 7 }, 8)).toEqual({ width: 512, height: 8 });
  });
});
