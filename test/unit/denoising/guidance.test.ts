import { expect, it, vi } from 'vitest';

import { withGuidance } from '../../../lib/denoising/index.js';

it('guidance is classifier-free, by its scale', async () => {
  const rows = { predict: vi.fn().mockResolvedValue(Float32Array.of(1, 2, 3, 8)), release: vi.fn() };
  const guided = withGuidance(rows, { guidanceScale: 2, images: 1 });
  expect(await guided.predict(new Float32Array(2), 1, 0)).toEqual(Float32Array.of(5, 14));
});

it('releases what it is around', () => {
  const rows = { predict: vi.fn(), release: vi.fn() };
  withGuidance(rows, { guidanceScale: 2, images: 1 }).release();
  expect(rows.release).toHaveBeenCalledTimes(1);
});
