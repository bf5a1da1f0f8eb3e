import { describe, expect, it, vi } from 'vitest';

import { InferenceContext } from '../../../lib/components/inference.js';
import { DYNAMIC_SHAPES, STATIC_SHAPES } from '../../../lib/components/shape-policy.js';
import { VaeEncoder } from '../../../lib/components/vae-encoder.js';
import { fakeSettings, fakeSource, VAE_CONFIG, vaeEncoderNetwork } from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { height: 2, width: 4 };
const pixels = new Float32Array(3 * 2 * 4).fill(0.5);
const context = () => new InferenceContext();
/** What the fake network gives: its n-th value is n plus the first pixel. */
const values = (from: number, to: number) =>
  Float32Array.from({ length: to - from }, (_, i) => from + i + 0.5);

async function read(network: FakeNetwork, config: object = VAE_CONFIG): Promise<VaeEncoder> {
  return VaeEncoder.read(
    fakeSource('vae_encoder', network, config as Record<string, unknown>),
    fakeSettings(),
  );
}

describe('encoding', () => {
  it('gives mean and log variance where the network has a distribution’s parameters', async () => {
    const network = vaeEncoderNetwork('latent_parameters');
    await using encoder = await read(network);
    expect(await encoder.encode(pixels, size, STATIC_SHAPES, context())).toEqual({
      kind: 'parameters',
      mean: values(0, 8),
      logVariance: values(8, 16),
      shape: [1, 4, 1, 2],
    });
    expect(network.inferences[0]!.sample).toMatchObject({ shape: [1, 3, 2, 4], data: pixels });
  });

  it('gives a sample where an older network draws one', async () => {
    await using encoder = await read(vaeEncoderNetwork('latent_sample'));
    expect(await encoder.encode(pixels, size, STATIC_SHAPES, context())).toEqual({
      kind: 'sample',
      sample: values(0, 8),
      shape: [1, 4, 1, 2],
    });
  });

  it('prefers the parameters of a network that has both', async () => {
    const { inputs, outputs, compute } = vaeEncoderNetwork('latent_parameters');
    const both = new FakeNetwork(inputs, [port('latent_sample', [-1, 4, -1, -1]), ...outputs], compute);
    await using encoder = await read(both);
    expect(await encoder.encode(pixels, size, STATIC_SHAPES, context())).toMatchObject({
      kind: 'parameters',
    });
  });

  it.each(['latent_parameters', 'latent_sample'])(
    'keeps what it gave of %s, and lends nothing',
    async (name) => {
      const network = vaeEncoderNetwork(name);
      await using encoder = await read(network);
      const first = await encoder.encode(pixels, size, STATIC_SHAPES, context());
      const kept = structuredClone(first);
      await encoder.encode(
        pixels.map(() => -1),
        size,
        STATIC_SHAPES,
        context(),
      );
      expect(first).toEqual(kept);
      expect(network.alive.lentOutputs).toBe(0);
    },
  );

  it('releases the network when it fails', async () => {
    const network = vaeEncoderNetwork();
    const encoder = await read(network);
    const failure = new Error('no');
    network.failInference(failure);
    await expect(encoder.encode(pixels, size, STATIC_SHAPES, context())).rejects.toBe(failure);
    await encoder.dispose();
    expect(network.isFreed).toBe(true);
  });
});

it('latents are shifted, then scaled, which the decoder undoes', async () => {
  await using encoder = await read(vaeEncoderNetwork(), { scaling_factor: 0.5, shift_factor: 0.25 });
  const latents = Float32Array.from([2.25, 0.25]);
  expect([...encoder.scale(latents)]).toEqual([1, 0]);
  expect([...latents]).toEqual([2.25, 0.25]);
});

it('sizes are compiled as the policy chooses', async () => {
  const network = vaeEncoderNetwork();
  await using encoder = await read(network);
  await encoder.encode(pixels, size, STATIC_SHAPES, context());
  await encoder.encode(pixels, size, DYNAMIC_SHAPES, context());
  await encoder.compile(size);
  await encoder.compile('dynamic');
  expect(network.compiledShapes).toEqual([{ sample: [1, 3, 2, 4] }, { sample: [1, 3, -1, -1] }]);
  await encoder.keepOnly(size);
  expect(network.alive.compiledModels).toBe(1);
});

describe('an encoder', () => {
  it.each<[string, FakeNetwork, object, string]>([
    [
      'without an image',
      new FakeNetwork([port('x', [1])], [port('latent_sample', [1])], () => ({})),
      {},
      'UNSUPPORTED',
    ],
    [
      'without latents',
      new FakeNetwork([port('sample', [1, 3, 8, 8])], [port('y', [1])], () => ({})),
      {},
      'UNSUPPORTED',
    ],
    ['with a broken configuration', vaeEncoderNetwork(), { block_out_channels: 5 }, 'CONFIG_INVALID'],
  ])('%s is refused and freed', async (_, network, config, code) => {
    await expect(read(network, config)).rejects.toMatchObject({ code });
    expect(network.isFreed).toBe(true);
  });
});
