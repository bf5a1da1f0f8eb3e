import { describe, expect, it, vi } from 'vitest';

import { OUTPUTS } from '../../../lib/pipelines/outputs.js';

const shape = [2, 4, 1, 1];
const latents = new Float32Array(8);
const raw = [1, 2].map((value) => ({
  width: 1,
  height: 1,
  channels: 3 as const,
  data: new Uint8Array(3).fill(value),
}));

function finished() {
  return {
    latents,
    shape,
    seeds: [7, undefined],
    decode: vi.fn(() => Promise.resolve(raw)),
    describe: vi.fn((image: number) => ({ prompt: `prompt ${image}` })),
  };
}

describe('an output', () => {
  it('as latents is not decoded', async () => {
    const own = finished();
    expect(await OUTPUTS.latent(own)).toEqual({ latents: { data: latents, shape } });
    expect(own.decode).not.toHaveBeenCalled();
  });

  it('raw is bare pixels', async () => {
    expect(await OUTPUTS.raw(finished())).toEqual({ images: raw });
  });

  it('as images has seeds and parameters', async () => {
    const own = finished();
    const { images } = await OUTPUTS.image(own);
    expect(images.map(({ seed, parameters, data }) => [seed, parameters, data[0]])).toEqual([
      [7, { prompt: 'prompt 0' }, 1],
      [undefined, { prompt: 'prompt 1' }, 2],
    ]);
    expect(own.describe.mock.calls).toEqual([
      [0, 7],
      [1, undefined],
    ]);
  });
});
