import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { exportPipeline, exportSingleFile } from '../../../../lib/index.js';
import { newFile, only, unchanged } from '../../../support/changed-checkpoints.js';
import { readFullSize, writeHollow, writeTensors, zeros } from '../../../support/checkpoints.js';
import { originalVae } from '../../../support/vae-file.js';

const fixtures = join(import.meta.dirname, '../../../fixtures');
const sd1 = join(fixtures, 'export/sd1');
const ownVae = join(sd1, 'vae');
const PREFIX = 'first_stage_model.';

/** What the config.json of the VAE says that is taken from a path. */
async function configOf(vae: string): Promise<Readonly<Record<string, unknown>>> {
  const { components } = await exportPipeline(sd1, { vae });
  const halves = components.filter(({ name }) => name.startsWith('vae_'));
  expect(halves.map(({ name }) => name)).toEqual(['vae_decoder', 'vae_encoder']);
  return halves[0]!.config;
}

describe.each(['sd15', 'sd21'] as const)('the VAE of %s alone in a file', (name) => {
  let shapes: Record<string, number[]>;
  let expected: Record<string, unknown>;
  beforeAll(async () => {
    const { shapes: all, vae } = (await readFullSize())[name];
    const own = Object.entries(all).filter(([key]) => key.startsWith(PREFIX));
    shapes = Object.fromEntries(own.map(([key, shape]) => [key.slice(PREFIX.length), shape]));
    // diffusers takes every VAE's file for one of 1.5, whose side is 512.
    expected = { ...vae, sample_size: 512 };
  });

  it('has the configuration that diffusers gives it', async () => {
    expect(await configOf(await writeHollow(newFile(), shapes))).toMatchObject(expected);
  });

  it('has that of SDXL in a checkpoint of SDXL', async () => {
    const whole = Object.entries(shapes).map(([key, shape]) => [PREFIX + key, shape] as const);
    const path = await writeHollow(newFile(), {
      ...Object.fromEntries(whole),
      'conditioner.embedders.0.transformer.text_model.final_layer_norm.weight': [768],
    });
    expect(await configOf(path)).toMatchObject({ ...expected, sample_size: 1024, scaling_factor: 0.13025 });
  });
});

describe('a file of a VAE in an odd form', () => {
  it('without the convolutions around its latents is one without them', async () => {
    const tensors = originalVae();
    for (const key of tensors.keys()) if (key.includes('quant_conv')) tensors.delete(key);
    const config = await configOf(await writeTensors(newFile(), tensors));
    expect(config).toMatchObject({ use_quant_conv: false, use_post_quant_conv: false });
  });

  it("in diffusers' layout, without a config.json beside it, is described by its shapes", async () => {
    const path = join(dirname(newFile()), 'alone.safetensors');
    await cp(join(ownVae, 'diffusion_pytorch_model.safetensors'), path);
    expect(await configOf(path)).toMatchObject({ block_out_channels: [8, 16], layers_per_block: 1 });
  });
});

describe('the option vae refuses', () => {
  const folder = async (files: Record<string, string>): Promise<string> => {
    const path = newFile(`folder-${Math.random()}`);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
    return path;
  };
  const config = (content: object): Promise<string> =>
    folder({ 'config.json': JSON.stringify(content), 'diffusion_pytorch_model.safetensors': '' });
  const latents = (channels: number): Promise<string> => {
    const tensors = originalVae();
    tensors.set('decoder.conv_in.weight', zeros(64, channels, 3, 3));
    return writeTensors(newFile(), tensors);
  };

  it.each<[string, () => string | Promise<string>, string, RegExp]>([
    ['no path', () => '', 'INVALID_ARGUMENT', /a path for vae/],
    ['a path that is not there', () => newFile('none'), 'MODEL_NOT_FOUND', /no file or folder .*none.*'vae'/],
    ['a folder without a VAE', () => folder({ 'readme.txt': '' }), 'MODEL_NOT_FOUND', /has no VAE/],
    ['another network', () => join(sd1, 'text_encoder'), 'MODEL_NOT_FOUND', /has no VAE/],
    ["a UNet's folder", () => join(sd1, 'unet'), 'UNSUPPORTED', /UNet2DConditionModel/],
    [
      'one network of a VAE',
      () => join(fixtures, 'sd-tiny/vae_decoder'),
      'MODEL_NOT_FOUND',
      /pass the folder that it is in/,
    ],
    [
      'a VAE of another class',
      () => config({ _class_name: 'AsymmetricAutoencoderKL' }),
      'UNSUPPORTED',
      /AsymmetricAutoencoderKL/,
    ],
    [
      'an AutoencoderTiny that is not as expected',
      () => config({ _class_name: 'AutoencoderTiny', upsample_fn: 'bilinear' }),
      'UNSUPPORTED',
      /upsample_fn/,
    ],
    [
      "one half of an AutoencoderTiny, in its author's file",
      () => only('1.weight', '3.conv.0.weight'),
      'UNSUPPORTED',
      /one half of an AutoencoderTiny/,
    ],
    ['a file of something else', () => only('net.blocks.0.weight'), 'UNSUPPORTED', /no AutoencoderKL/],
    [
      'a config.json that is not as expected',
      () => config({ layers_per_block: 'two' }),
      'CONFIG_INVALID',
      /layers_/,
    ],
    ['latents that do not fit', () => latents(16), 'INCOMPATIBLE_COMPONENTS', /4 latent channels .* has 16/],
    ['a pickle', () => newFile('vae.ckpt'), 'UNSUPPORTED', /pickle.*AutoencoderKL\.from_single_file/],
    [
      'a folder of pickles',
      () => folder({ 'vae/config.json': '{}', 'vae/diffusion_pytorch_model.bin': '' }),
      'UNSUPPORTED',
      /pickle/,
    ],
    [
      'a folder without weights',
      () => folder({ 'vae/config.json': '{}' }),
      'MODEL_NOT_FOUND',
      /no diffusion_py/,
    ],
    [
      'weights without a config.json',
      () => folder({ 'diffusion_pytorch_model.safetensors': '' }),
      'MODEL_NOT_FOUND',
      /config\.json/,
    ],
    [
      'a file that is no safetensors',
      async () => join(await folder({ 'vae.safetensors': 'PK' }), 'vae.safetensors'),
      'MODEL_CORRUPT',
      /only 2 bytes/,
    ],
  ])('%s', async (_, path, code, message) => {
    const vae = await path();
    const error = { code, message: expect.stringMatching(message) as string };
    await expect(exportPipeline(sd1, { vae })).rejects.toMatchObject(error);
    const checkpoint = await unchanged('sd1');
    await expect(exportSingleFile(checkpoint, { vae, config: sd1 })).rejects.toMatchObject(error);
  });
});
