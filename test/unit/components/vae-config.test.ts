import { expect, it } from 'vitest';

import { readVaeConfig } from '../../../lib/components/vae-config.js';
import type { NetworkSource } from '../../../lib/models/index.js';

const read = (config: NetworkSource['config']) =>
  readVaeConfig({ path: '/models/vae_decoder', config } as NetworkSource);

it('a VAE scales by two for each level after the first', () => {
  expect(read({ block_out_channels: [128, 256, 512, 512] })).toMatchObject({
    vaeScaleFactor: 8,
    levels: [128, 256, 512, 512],
  });
  expect(read({ block_out_channels: [128] }).vaeScaleFactor).toBe(1);
});

it('scaling, shift and channels are its own', () => {
  expect(read({ scaling_factor: 1.5305, shift_factor: 0.0609, latent_channels: 16 })).toMatchObject({
    scalingFactor: 1.5305,
    shiftFactor: 0.0609,
    latentChannels: 16,
  });
});

it.each([{}, { block_out_channels: null, scaling_factor: null, shift_factor: null, latent_channels: null }])(
  '%j is a VAE of Stable Diffusion',
  (config) => {
    expect(read(config)).toEqual({
      vaeScaleFactor: 8,
      scalingFactor: 0.18215,
      shiftFactor: 0,
      latentChannels: 4,
      levels: [],
      isTiny: false,
    });
  },
);

it.each([
  { block_out_channels: [] },
  { block_out_channels: Array<number>(17).fill(8) },
  { block_out_channels: [1.5] },
  { scaling_factor: 0 },
  { scaling_factor: '0.18215' },
  { shift_factor: '0' },
  { latent_channels: 0 },
])('%j is refused, naming the file and the key', (config) => {
  expect(() => read(config)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(`/models/vae_decoder[^]*${Object.keys(config)[0]}`),
      ) as string,
    }),
  );
});
