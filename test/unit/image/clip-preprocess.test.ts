import { describe, expect, it } from 'vitest';

import { clipImageProcessorSchema, clipInput } from '../../../lib/image/index.js';
import reference from '../../fixtures/reference/safety_checker.json' with { type: 'json' };
import { sourceImage } from '../../support/image-inputs.js';

describe('an image for CLIP', () => {
  it.each(reference.inputs.map((entry) => [JSON.stringify(entry.config), entry] as const))(
    'is what transformers’ CLIPImageProcessor makes of it with %s',
    async (_, { config, size: [width = 0, height = 0], shape, base64 }) => {
      const values = await clipInput(sourceImage(width, height, 3), clipImageProcessorSchema.parse(config));
      const expected = new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
      expect([3, values.height, values.width]).toEqual(shape);
      const away = values.data.map(
        (value, i) => Math.abs(value - expected[i]!) / (1 + Math.abs(expected[i]!)),
      );
      expect(Math.max(...away)).toBeLessThan(1e-6);
    },
  );

  it.each([
    ['a size of nothing', { size: 0 }],
    ['a filter that CLIP’s processors do not use', { resample: 0 }],
    ['two means', { image_mean: [0, 0] }],
    ['a size of some other kind', { size: { longest_edge: 8 } }],
  ])('is refused with %s', (_, config) => {
    expect(clipImageProcessorSchema.safeParse(config).success).toBe(false);
  });
});
