import { describe, expect, it } from 'vitest';

import { readUNetConfig } from '../../../lib/components/unet-config.js';
import type { NetworkSource } from '../../../lib/models/index.js';

const read = (config: NetworkSource['config']) =>
  readUNetConfig({ path: '/models/unet', config } as NetworkSource);

describe('the size a UNet was trained on', () => {
  it.each([
    ['a number, for both sides', 96, { height: 96, width: 96 }],
    ['a height and a width', [32, 48], { height: 32, width: 48 }],
    ['null, as that of Stable Diffusion', null, { height: 64, width: 64 }],
    ['nothing, as that of Stable Diffusion', undefined, { height: 64, width: 64 }],
  ])('is read from %s', (_, sample_size, expected) => {
    expect(read({ sample_size }).sampleSize).toEqual(expected);
  });
});

describe('the width of a UNet’s text', () => {
  it.each([
    ['a number', 768, 768],
    ['a list, one for each level', [1024, 1024], 1024],
    ['null', null, undefined],
  ])('is read from %s', (_, cross_attention_dim, expected) => {
    expect(read({ cross_attention_dim }).crossAttentionDim).toBe(expected);
  });
});

it('channels are read where they are given', () => {
  expect(read({ in_channels: 9, out_channels: 4 })).toMatchObject({ inChannels: 9, outChannels: 4 });
  expect(read({ in_channels: null })).toMatchObject({ inChannels: undefined, outChannels: undefined });
});

it('channels of levels are read where they are given', () => {
  expect(read({ block_out_channels: [320, 640] }).levels).toEqual([320, 640]);
  expect(read({}).levels).toEqual([]);
});

it('keys that running it does not need may be anything', () => {
  expect(read({ act_fn: 5, down_block_types: 'none', sample_size: 8 }).sampleSize.height).toBe(8);
});

it.each([
  { sample_size: 0 },
  { sample_size: 8.5 },
  { sample_size: 1e9 },
  { sample_size: [8] },
  { sample_size: [8, 8, 8] },
  { sample_size: '64' },
  { cross_attention_dim: [] },
  { cross_attention_dim: -1 },
  { in_channels: 0 },
  { out_channels: 'four' },
])('%j is refused, naming the file and the key', (config) => {
  expect(() => read(config)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`/models/unet[^]*${Object.keys(config)[0]}`)) as string,
    }),
  );
});
