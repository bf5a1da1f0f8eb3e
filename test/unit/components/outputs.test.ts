import { describe, expect, it } from 'vitest';

import { requireOutput } from '../../../lib/components/ports.js';

const check = (elementType: 'f32' | 'f16', shape: number[], expected: (number | undefined)[]): void => {
  requireOutput('model/unet', 'a prediction', { elementType, shape }, expected);
};

describe('what a network gives', () => {
  it('is taken when it has the expected sizes, or any where none is known', () => {
    check('f32', [2, 4, 8, 8], [2, 4, 8, 8]);
    check('f32', [1, 3, 64, 32], [1, 3, undefined, undefined]);
    check('f32', [], []);
  });

  it.each<['f32' | 'f16', number[]]>([
    ['f32', [1, 4, 8, 8]],
    ['f32', [2, 4, 8]],
    ['f32', [2, 4, 8, 8, 1]],
    ['f32', [4, 2, 8, 8]],
    ['f16', [2, 4, 8, 8]],
  ])('is MODEL_CORRUPT as %s %j', (elementType, shape) => {
    expect(() => {
      check(elementType, shape, [2, 4, 8, 8]);
    }).toThrow(
      expect.objectContaining({
        code: 'MODEL_CORRUPT',
        message: expect.stringContaining(
          `model/unet gives a prediction of ${elementType} [${shape.join(', ')}]`,
        ) as string,
      }),
    );
  });
});
