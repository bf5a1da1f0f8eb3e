import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { ClassifierFreeGuidance } from '../../../lib/denoising/classifier-free-guidance.js';

/** From test/reference/make_guidance.py. */
const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/reference/guidance.json'), 'utf8'),
) as { prediction: number[]; cases: { guidanceScale: number; guided: number[]; rescaled: number[] }[] };

function predictor(prediction: Float32Array) {
  return { predict: vi.fn().mockResolvedValue(prediction), release: vi.fn() };
}

describe('guidance', () => {
  it.each(reference.cases)(
    'at $guidanceScale gives torch’s float32 values',
    async ({ guidanceScale, guided }) => {
      const rows = predictor(Float32Array.from(reference.prediction));
      const guidance = new ClassifierFreeGuidance(rows, guidanceScale);
      expect(await guidance.predict(new Float32Array(16), 500, 3)).toEqual(Float32Array.from(guided));
    },
  );

  it.each(reference.cases)(
    'at $guidanceScale rescaled by 0.7 gives diffusers’ values, for each image',
    async ({ guidanceScale, rescaled }) => {
      const rows = predictor(Float32Array.from(reference.prediction));
      const guidance = new ClassifierFreeGuidance(rows, guidanceScale, { rescale: 0.7, images: 2 });
      const values = await guidance.predict(new Float32Array(16), 500, 3);
      const largest = Math.max(...rescaled.map(Math.abs));
      for (const [i, value] of values.entries()) {
        expect(Math.abs(value - rescaled[i]!)).toBeLessThanOrEqual(
          1e-5 * Math.min(Math.abs(rescaled[i]!) + 1, largest),
        );
      }
    },
  );

  it('rescales a prediction without deviation to itself', async () => {
    const guidance = new ClassifierFreeGuidance(predictor(new Float32Array(8)), 7.5, {
      rescale: 1,
      images: 1,
    });
    expect(await guidance.predict(new Float32Array(4), 1, 0)).toEqual(new Float32Array(4));
  });

  it('asks its predictor for the same latents, timestep and step', async () => {
    const rows = predictor(new Float32Array(4));
    const latents = new Float32Array(2);
    await new ClassifierFreeGuidance(rows, 7.5).predict(latents, 981.5, 7);
    expect(rows.predict.mock.calls).toEqual([[latents, 981.5, 7]]);
  });

  it('leaves both predictions as they are', async () => {
    const prediction = Float32Array.of(1, 2, 3, 4);
    await new ClassifierFreeGuidance(predictor(prediction), 7.5).predict(new Float32Array(2), 1, 0);
    expect(prediction).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('fails as its predictor fails', async () => {
    const failure = new Error('no');
    const rows = { predict: vi.fn().mockRejectedValue(failure), release: vi.fn() };
    const guidance = new ClassifierFreeGuidance(rows, 7.5);
    await expect(guidance.predict(new Float32Array(2), 1, 0)).rejects.toBe(failure);
  });

  it('releases its predictor', () => {
    const rows = predictor(new Float32Array(4));
    new ClassifierFreeGuidance(rows, 7.5).release();
    expect(rows.release).toHaveBeenCalledTimes(1);
  });
});
