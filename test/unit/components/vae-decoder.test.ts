import { describe, expect, it, vi } from 'vitest';

import { InferenceContext } from '../../../lib/components/inference.js';
import { DYNAMIC_SHAPES, STATIC_SHAPES } from '../../../lib/components/shape-policy.js';
import { VaeDecoder } from '../../../lib/components/vae-decoder.js';
import { fakeSettings, fakeSource, VAE_CONFIG, vaeDecoderNetwork } from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { height: 1, width: 2 };
const latents = Float32Array.from([1, 2, 0, 0, 0, 0, 0, 0]);
const context = () => new InferenceContext();

async function read(network: FakeNetwork, config: object = VAE_CONFIG): Promise<VaeDecoder> {
  return VaeDecoder.read(
    fakeSource('vae_decoder', network, config as Record<string, unknown>),
    fakeSettings(),
  );
}

describe('decoding', () => {
  it('divides latents by the scaling factor, then adds the shift', async () => {
    const network = vaeDecoderNetwork();
    await using decoder = await read(network, { ...VAE_CONFIG, scaling_factor: 0.5, shift_factor: 0.25 });
    await decoder.decode(latents, size, STATIC_SHAPES, context(), () => undefined);
    const [first, second, third] = network.inferences[0]!.latent_sample!.data as Float32Array;
    expect([first, second, third]).toEqual([2.25, 4.25, 0.25]);
    expect([...latents.subarray(0, 2)]).toEqual([1, 2]);
  });

  it('shows pixels with their shape, which are returned to the network when the call ends', async () => {
    const network = vaeDecoderNetwork();
    await using decoder = await read(network);
    let shown: Float32Array | undefined;
    const result = await decoder.decode(latents, size, STATIC_SHAPES, context(), (pixels, shape) => {
      shown = pixels;
      return { shape, row: [...pixels.subarray(0, 4)] };
    });
    expect(result).toEqual({ shape: [1, 3, 2, 4], row: [2, 2, 4, 4] });
    expect(shown).toHaveLength(0);
    expect(network.alive.lentOutputs).toBe(0);
  });

  it('returns them also when what looks at them throws', async () => {
    const network = vaeDecoderNetwork();
    const decoder = await read(network);
    const ugly = new Error('ugly');
    const decoding = decoder.decode(latents, size, STATIC_SHAPES, context(), () => {
      throw ugly;
    });
    await expect(decoding).rejects.toBe(ugly);
    await decoder.dispose();
    expect(network.isFreed).toBe(true);
  });

  it('releases the network when latents are of another size', async () => {
    const network = vaeDecoderNetwork();
    const decoder = await read(network);
    const decoding = decoder.decode(new Float32Array(3), size, STATIC_SHAPES, context(), () => undefined);
    await expect(decoding).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await decoder.dispose();
    expect(network.isFreed).toBe(true);
  });
});

describe('compiled sizes', () => {
  it('are of one image, as the policy chooses', async () => {
    const network = vaeDecoderNetwork();
    await using decoder = await read(network);
    await decoder.decode(latents, size, STATIC_SHAPES, context(), () => undefined);
    await decoder.decode(latents, size, DYNAMIC_SHAPES, context(), () => undefined);
    await decoder.compile(size);
    await decoder.compile('dynamic');
    expect(network.compiledShapes).toEqual([
      { latent_sample: [1, 4, 1, 2] },
      { latent_sample: [-1, 4, -1, -1] },
    ]);
    await decoder.keepOnly(size);
    expect(network.alive.compiledModels).toBe(1);
  });
});

describe('the memory that an image needs', () => {
  it('is at least the weights and the last convolution’s input and output', async () => {
    const network = vaeDecoderNetwork();
    network.weightElements = 1000;
    await using decoder = await read(network);
    expect(decoder.requiredMemory(size, STATIC_SHAPES)).toEqual({
      component: 'vae_decoder',
      weights: 2000,
      activations: 2 * 32 * (2 * 4) * 2,
    });
    await decoder.compile('dynamic');
    expect(decoder.requiredMemory(size, DYNAMIC_SHAPES).weights).toBe(0);
  });
});

describe('a decoder', () => {
  it('has the channels of its port, or of its configuration where that is free', async () => {
    await using fixed = await read(vaeDecoderNetwork(undefined, 16), { latent_channels: 4 });
    await using free = await read(vaeDecoderNetwork(undefined, -1), { latent_channels: 8 });
    expect([fixed.latentChannels, free.latentChannels]).toEqual([16, 8]);
  });

  it.each<[string, FakeNetwork, object, string]>([
    [
      'without latents',
      new FakeNetwork([port('z', [1])], [port('sample', [1])], () => ({})),
      {},
      'UNSUPPORTED',
    ],
    [
      'without pixels',
      new FakeNetwork([port('latent_sample', [1, 4, 8, 8])], [port('y', [1])], () => ({})),
      {},
      'UNSUPPORTED',
    ],
    ['with a broken configuration', vaeDecoderNetwork(), { scaling_factor: -1 }, 'CONFIG_INVALID'],
  ])('%s is refused and freed', async (_, network, config, code) => {
    await expect(read(network, config)).rejects.toMatchObject({ code });
    expect(network.isFreed).toBe(true);
  });
});
