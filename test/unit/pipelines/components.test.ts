import { describe, expect, it, vi } from 'vitest';

import { UNet, VaeDecoder } from '../../../lib/components/index.js';
import { describeComponents, networksOf } from '../../../lib/pipelines/components.js';
import type { StableDiffusionComponents } from '../../../lib/pipelines/index.js';
import {
  fakeComponents,
  fakeSettings,
  fakeSource,
  unetNetwork,
  unetPorts,
  VAE_CONFIG,
  vaeDecoderNetwork,
} from '../../support/fake-components.js';
import { port } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

describe('components', () => {
  it('are described by their configurations', async () => {
    const components = await fakeComponents();
    const unet = await UNet.read(fakeSource('unet', unetNetwork(), { sample_size: [8, 12] }), fakeSettings());
    const described = describeComponents({ ...components, unet });
    expect(described).toMatchObject({
      name: 'someone/fake',
      vaeScaleFactor: 2,
      scalingFactor: 0.5,
      sampleSize: 12,
    });
    expect(described.unet).toBe(unet);
    expect(described.vaeEncoder).toBe(components.vaeEncoder);
  });

  it('cannot be changed once described', async () => {
    const described = describeComponents(await fakeComponents()) as { name: string };
    expect(() => {
      described.name = 'other';
    }).toThrow(TypeError);
  });

  it('are described anew with another VAE, which has a scale of its own', async () => {
    const components = await fakeComponents();
    const config = { block_out_channels: [64, 64, 64, 64], scaling_factor: 1 };
    const vaeDecoder = await VaeDecoder.read(
      fakeSource('vae_decoder', vaeDecoderNetwork(), config),
      fakeSettings(),
    );
    const described = describeComponents({ ...describeComponents(components), vaeDecoder });
    expect(described).toMatchObject({ vaeScaleFactor: 8, scalingFactor: 1 });
  });

  it('are refused where the text is of another width than the UNet takes', async () => {
    const components = await fakeComponents();
    const ports = unetPorts({ encoder_hidden_states: port('encoder_hidden_states', [-1, -1, 16]) });
    const unet = await UNet.read(fakeSource('unet', unetNetwork(undefined, ports)), fakeSettings());
    expect(() => describeComponents({ ...components, unet })).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE_COMPONENTS',
        message:
          'The text encoder in /models/fake/text_encoder gives states of width 8 but the UNet in /models/fake/unet takes 16; they are of different models',
      }),
    );
  });

  it('are refused where the VAE has other latents than the UNet predicts', async () => {
    const components = await fakeComponents();
    const vaeDecoder = await VaeDecoder.read(
      fakeSource('vae_decoder', vaeDecoderNetwork(undefined, 16), VAE_CONFIG),
      fakeSettings(),
    );
    expect(() => describeComponents({ ...components, vaeDecoder })).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE_COMPONENTS',
        message: expect.stringContaining('predicts 4 latent channels but the VAE in') as string,
      }),
    );
  });

  it.each<keyof StableDiffusionComponents>(['tokenizer', 'textEncoder', 'unet', 'vaeDecoder', 'model'])(
    'are refused without a %s',
    async (name) => {
      const components = { ...(await fakeComponents()), [name]: undefined } as never;
      expect(() => describeComponents(components)).toThrow(
        expect.objectContaining({
          code: 'INCOMPATIBLE_COMPONENTS',
          message: expect.stringContaining(name) as string,
        }),
      );
    },
  );

  it.each([null, undefined, 5])('are refused where they are %o', (components) => {
    expect(() => describeComponents(components as never)).toThrow(
      expect.objectContaining({ code: 'INCOMPATIBLE_COMPONENTS' }),
    );
  });

  it('may do without a VAE encoder', async () => {
    const components = { ...(await fakeComponents()), vaeEncoder: undefined };
    expect(describeComponents(components).vaeEncoder).toBeUndefined();
  });
});

it('the networks among components are those that are compiled', async () => {
  const components = await fakeComponents();
  const { textEncoder, unet, vaeDecoder, vaeEncoder } = components;
  expect(networksOf(components)).toEqual([textEncoder, unet, vaeDecoder, vaeEncoder]);
  expect(networksOf(describeComponents({ ...components, vaeEncoder: undefined }))).toEqual([
    textEncoder,
    unet,
    vaeDecoder,
  ]);
});
