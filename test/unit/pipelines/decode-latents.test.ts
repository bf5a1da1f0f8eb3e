import { describe, expect, it, vi } from 'vitest';

import { InferenceContext, STATIC_SHAPES, VaeDecoder } from '../../../lib/components/index.js';
import { decodeLatents } from '../../../lib/pipelines/decode-latents.js';
import { fakeSettings, fakeSource, VAE_CONFIG, vaeDecoderNetwork } from '../../support/fake-components.js';
import type { FakeNetwork } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

/** Two images of 1 x 1 latents of 4 channels; the fake VAE makes each pixel twice the first channel. */
const latents = Float32Array.of(0.25, 9, 9, 9, -0.5, 9, 9, 9);
const request = { images: 2, latentSize: { height: 1, width: 1 }, height: 2, width: 2 };

async function decode(network: FakeNetwork, overrides: Partial<typeof request> = {}, signal?: AbortSignal) {
  const settings = fakeSettings();
  await using decoder = await VaeDecoder.read(fakeSource('vae_decoder', network, VAE_CONFIG), settings);
  const context = new InferenceContext(signal);
  return await decodeLatents(latents, { ...request, ...overrides }, decoder, STATIC_SHAPES, context);
}

const pixelsOf = (values: (pixel: number) => number) =>
  vaeDecoderNetwork(() => ({
    sample: { shape: [1, 3, 2, 2], data: Float32Array.from({ length: 12 }, (_, i) => values(i)) },
  }));

describe('decoded latents', () => {
  it('are an image each, decoded alone', async () => {
    const network = vaeDecoderNetwork();
    const images = await decode(network);
    expect(network.inferences.map(({ latent_sample }) => latent_sample!.shape)).toEqual([
      [1, 4, 1, 1],
      [1, 4, 1, 1],
    ]);
    // 0.5 and -1 of -1 to 1, as bytes.
    expect(images).toEqual([
      { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(191) },
      { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(0) },
    ]);
  });

  it.each([NaN, Infinity, -Infinity])('are refused with %d among the pixels', async (broken) => {
    const network = pixelsOf((pixel) => (pixel === 7 ? broken : 0));
    await expect(decode(network)).rejects.toMatchObject({
      code: 'NUMERICS',
      message: expect.stringContaining("try inferencePrecision 'f32'") as string,
    });
    expect(network.isFreed).toBe(true);
  });

  it('are refused where the VAE’s images are of another size than its configuration says', async () => {
    const network = vaeDecoderNetwork();
    await expect(decode(network, { height: 8, width: 8 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('8 x 8') as string,
    });
    expect(network.isFreed).toBe(true);
  });

  it('stop at an abort between two images', async () => {
    const controller = new AbortController();
    const enough = new Error('enough');
    const network = vaeDecoderNetwork(() => {
      controller.abort(enough);
      return { sample: { shape: [1, 3, 2, 2], data: new Float32Array(12) } };
    });
    await expect(decode(network, {}, controller.signal)).rejects.toBe(enough);
    expect(network.inferences).toHaveLength(1);
  });
});
