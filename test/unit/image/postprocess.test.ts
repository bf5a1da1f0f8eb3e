import { describe, expect, test } from 'vitest';

import { pixelsFromTensor } from '../../../lib/image/index.js';
import { reference } from '../../support/image-reference.js';

describe('pixels from a VAE output', () => {
  test("equal diffusers' VaeImageProcessor's, byte for byte", () => {
    const images = pixelsFromTensor(reference.values, reference.shape);
    expect(Buffer.concat(images)).toEqual(Buffer.from(reference.pixels));
  });

  test('come as one image for each of the batch', () => {
    const images = pixelsFromTensor(reference.values, reference.shape);
    expect(images).toHaveLength(2);
    for (const pixels of images) expect(pixels).toHaveLength(32 * 24 * 3);
  });

  test.each([[[1, 4, 8, 8]], [[3, 8, 8]], [[1, 3, 8, 8]]])(
    'are refused for 191 values of shape %j',
    (shape) => {
      expect(() => pixelsFromTensor(new Float32Array(191), shape)).toThrow(
        expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
      );
    },
  );
});
