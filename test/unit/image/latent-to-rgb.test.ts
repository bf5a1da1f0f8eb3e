import { describe, expect, it } from 'vitest';

import { rgbFromLatents, STABLE_DIFFUSION_RGB, STABLE_DIFFUSION_XL_RGB } from '../../../lib/image/index.js';

/** One latent of four channels. */
const colourOf = (latent: number[], factors = STABLE_DIFFUSION_RGB): number[] => [
  ...rgbFromLatents(new Float32Array(latent), { width: 1, height: 1 }, factors, 1),
];

describe('the colours of latents', () => {
  it('are those of the published factors', () => {
    expect(colourOf([0, 0, 0, 0])).toEqual([128, 128, 128]);
    // image / 2 + 0.5, of [0.298, 0.207, 0.208] for the first channel
    expect(colourOf([1, 0, 0, 0])).toEqual([Math.round(0.649 * 255), Math.round(0.6035 * 255), 154]);
    expect(colourOf([0, 0, 0, 1])).toEqual([104, 93, Math.round((0.5 - 0.473 / 2) * 255)]);
    expect(colourOf([0, 0, 0, 0], STABLE_DIFFUSION_XL_RGB)).toEqual([150, 140, 130]);
    expect(colourOf([1, 0, 0, 0], STABLE_DIFFUSION_XL_RGB)).toEqual([210, 200, 190]);
    expect(colourOf([0, 1, 0, 1], STABLE_DIFFUSION_XL_RGB)).toEqual([20, 85, 105]);
  });

  it('are clamped', () => {
    expect(colourOf([9, 9, 0, 0])).toEqual([255, 255, 255]);
    expect(colourOf([-9, -9, 0, 0])).toEqual([0, 0, 0]);
  });

  it('fill squares in rows', () => {
    const latents = new Float32Array(4 * 6);
    // The first channel of the latent in row 1, column 2 of 2 rows and 3 columns.
    latents[5] = 1;
    const pixels = rgbFromLatents(latents, { width: 3, height: 2 }, STABLE_DIFFUSION_XL_RGB, 2);
    const red = Array.from({ length: 4 }, (_, y) =>
      Array.from({ length: 6 }, (_, x) => pixels[(y * 6 + x) * 3]),
    );
    const [dark, light] = [Array<number>(6).fill(150), [150, 150, 150, 150, 210, 210]];
    expect(red).toEqual([dark, dark, light, light]);
  });

  it('of more channels are those of the first', () => {
    const latents = new Float32Array(16).fill(0);
    latents[10] = 5;
    expect([...rgbFromLatents(latents, { width: 1, height: 1 }, STABLE_DIFFUSION_RGB, 1)]).toEqual([
      128, 128, 128,
    ]);
  });
});
