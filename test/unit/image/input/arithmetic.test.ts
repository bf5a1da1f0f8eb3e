import { describe, expect, it } from 'vitest';

import {
  applyOverlay,
  cropRegion,
  gaussianBlur,
  maskLatents,
  resize,
  tensorFromPixels,
  toGrey,
  toRgb,
  transparencyOf,
  type ResizeMode,
} from '../../../../lib/image/index.js';
import reference from '../../../fixtures/reference/image_inputs.json' with { type: 'json' };
import { sourceImage } from '../../../support/image-inputs.js';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

describe("images are preprocessed in Pillow's arithmetic", () => {
  it.each(reference.resizes)('$source to $target, $mode', async ({ source, target, mode, pixels }) => {
    const [width = 0, height = 0] = target;
    const image = sourceImage(source[0]!, source[1]!, 3);
    const resized = await resize(image, { width, height }, mode as ResizeMode);
    expect(resized.data).toEqual(bytes(pixels));
  });

  it.each(reference.masks)('a mask of $channels channels, $mode', async ({ channels, mode, binary }) => {
    const mask = sourceImage(61, 43, channels as 1 | 3);
    const resized = toGrey(await resize(mask, { width: 48, height: 32 }, mode as ResizeMode));
    expect(maskLatents(resized, 1)).toEqual(Float32Array.from(bytes(binary)));
  });

  it.each(reference.blurs)('a blur of radius $radius', async ({ radius, pixels }) => {
    expect((await gaussianBlur(sourceImage(40, 24, 1), radius)).data).toEqual(bytes(pixels));
  });

  it.each(reference.cropRegions)('the region of $box at $size, padding $padding', (entry) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = entry.box;
    const mask = { data: new Uint8Array(64 * 48), width: 64, height: 48, channels: 1 as const };
    for (let y = top; y < bottom; y++) mask.data.fill(255, y * 64 + left, y * 64 + right);
    const region = cropRegion(mask, { width: entry.size[0]!, height: entry.size[1]! }, entry.padding);
    expect([region?.left, region?.top, region?.right, region?.bottom]).toEqual(entry.region);
  });

  it.each(reference.overlays.map((entry, i) => [i === 0 ? 'in full' : 'in a box', entry] as const))(
    'an overlay %s',
    async (_, { box, pixels }) => {
      const mask = await gaussianBlur(sourceImage(61, 43, 1), 2);
      const inverted = box ? sourceImage(40, 24, 3) : sourceImage(61, 43, 3);
      const image = { ...inverted, data: inverted.data.map((level) => 255 - level) };
      const [left = 0, top = 0, right = 0, bottom = 0] = box ?? [];
      const overlaid = await applyOverlay(
        sourceImage(61, 43, 3),
        mask,
        image,
        box && { left, top, right, bottom },
      );
      expect(overlaid.data).toEqual(bytes(pixels));
    },
  );

  it('levels from 0 to 255 become numbers from -1 to 1, in planes', async () => {
    const data = Uint8Array.of(0, 255, 51, 255, 0, 102);
    const tensor = await tensorFromPixels({ data, width: 2, height: 1, channels: 3 });
    expect([...tensor]).toEqual(
      [-1, 1, 1, -1, 2 * Math.fround(0.2) - 1, 2 * Math.fround(0.4) - 1].map(Math.fround),
    );
  });

  it('grey is repeated and alpha dropped', () => {
    const grey = toRgb({ data: Uint8Array.of(7, 9), width: 2, height: 1, channels: 1 });
    expect([...grey.data]).toEqual([7, 7, 7, 9, 9, 9]);
    const opaque = toRgb({ data: Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255), width: 2, height: 1, channels: 4 });
    expect([...opaque.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('transparency is what alpha leaves, where there is some', () => {
    const data = Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255);
    expect([...transparencyOf({ data, width: 2, height: 1, channels: 4 })!.data]).toEqual([255, 0]);
    expect(transparencyOf({ data: data.fill(255), width: 2, height: 1, channels: 4 })).toBeUndefined();
    expect(transparencyOf(toRgb({ data, width: 2, height: 1, channels: 4 }))).toBeUndefined();
  });
});
