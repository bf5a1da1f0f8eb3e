import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { OpenVINODiffusersError } from '../../../../lib/common/errors.js';
import { exportSingleFile } from '../../../../lib/models/index.js';
import { checkpointOf, writeTensors, zeros } from '../../../support/checkpoints.js';
import {
  changed,
  newFile,
  only,
  unchanged,
  withMore,
  without,
} from '../../../support/changed-checkpoints.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/export');

describe('a file that is refused by name', () => {
  const xl = 'conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight';
  it.each<[string, () => Promise<string>, string]>([
    ['Stable Diffusion XL without its text encoders', () => withMore('sd2', xl), 'not both text encoders'],
    ['Playground 2.5', () => withMore('sdxl', 'edm_mean', 'edm_std'), 'Playground 2.5'],
    [
      'a UNet of Stable Diffusion XL alone',
      () => withMore('sd2', 'model.diffusion_model.label_emb.0.0.weight'),
      'Stable Diffusion XL',
    ],
    [
      'Stable Diffusion 3',
      () => only('model.diffusion_model.joint_blocks.0.x_block.mlp.fc1.weight'),
      'Stable Diffusion 3',
    ],
    ['Flux', () => only('double_blocks.0.img_attn.norm.key_norm.scale'), 'Flux'],
    [
      'Flux among others',
      () => only('model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale'),
      'Flux',
    ],
    [
      'a ControlNet',
      () => only('control_model.time_embed.0.weight', 'control_model.input_blocks.0.0.weight'),
      'a ControlNet',
    ],
    [
      "a ControlNet in diffusers' layout",
      () => only('controlnet_cond_embedding.conv_in.weight', 'conv_in.weight'),
      'a ControlNet',
    ],
    ['LoRA of kohya', () => only('lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight'), 'LoRA'],
    ['LoRA of peft', () => only('unet.down_blocks.0.attentions.0.proj_in.lora_A.weight'), 'LoRA'],
    [
      'LoRA of diffusers',
      () => only('unet.mid_block.attentions.0.to_k_lora.lora.up.weight', 'unet.x.lora.down.weight'),
      'LoRA',
    ],
    ['LyCORIS', () => only('x_attn1_to_k.hada_w1_a'), 'LoRA'],
    [
      'motion modules',
      () => only('down_blocks.0.motion_modules.0.temporal_transformer.norm.bias'),
      'motion modules',
    ],
    ['an embedding', () => only('emb_params'), 'textual inversion'],
    ['a VAE alone', () => only('encoder.conv_in.weight', 'decoder.conv_in.weight'), 'a VAE alone'],
    ['a VAE alone, prefixed', () => without('sd1', /^(?!first_stage_model)/), 'a VAE alone'],
    ['a text encoder alone', () => without('sd1', /^(?!cond_stage_model)/), 'a text encoder alone'],
    [
      "a UNet in diffusers' layout",
      () => only('conv_in.weight', 'down_blocks.0.resnets.0.conv1.weight'),
      'fromPretrained',
    ],
    ['averages alone', () => only('model_ema.diffusion_modelout2weight'), 'model_ema'],
    ['something else', () => only('net.blocks.0.weight'), 'no UNet'],
    ['a checkpoint without its VAE', () => without('sd1', /^first_stage_model/), 'no VAE'],
    ['a checkpoint without its text encoder', () => without('sd1', /^cond_stage_model/), 'no text encoder'],
    ...(
      [
        [8, 'InstructPix2Pix'],
        [7, 'upscaler'],
        [5, 'depths'],
        [6, '6 input channels'],
      ] as const
    ).map(([channels, told]): [string, () => Promise<string>, string] => [
      `a UNet of ${channels} channels`,
      () =>
        changed('sd1', (tensors) => {
          tensors.set('model.diffusion_model.input_blocks.0.0.weight', zeros(8, channels, 3, 3));
        }),
      told,
    ]),
  ])('is %s', async (_, file, told) => {
    const path = await file();
    await expect(exportSingleFile(path)).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'UNSUPPORTED',
      message: expect.stringMatching(new RegExp(`${path}.*${told}.*1\\.x, 2\\.x and XL`)) as string,
    });
  });

  it.each(['model.ckpt', 'model.pt', 'model.PTH', 'model.bin'])('is a pickle: %s', async (name) => {
    const path = newFile(name);
    await writeFile(path, 'PK');
    await expect(exportSingleFile(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/pickle.*from_single_file\(file\)\.save_pretrained/) as string,
    });
  });
});

describe('exportSingleFile refuses', () => {
  let sd1: string;
  beforeAll(async () => {
    sd1 = await unchanged('sd1');
  });

  it.each<[string, () => [string, object], string, string]>([
    [
      'a file that is not there',
      () => [newFile('none.safetensors'), {}],
      'MODEL_NOT_FOUND',
      'none.safetensors',
    ],
    ['no path', () => ['', {}], 'INVALID_ARGUMENT', 'a path for path'],
    ['an unknown option', () => [sd1, { predictiontype: 'epsilon' }], 'UNKNOWN_OPTION', 'predictionType'],
    ['the option variant', () => [sd1, { variant: 'fp16' }], 'UNKNOWN_OPTION', 'variant'],
    [
      'a prediction nobody makes',
      () => [sd1, { predictionType: 'noise' }],
      'INVALID_ARGUMENT',
      "'epsilon' or 'v_prediction'",
    ],
    [
      "CLIP's tokenizer for another vocabulary",
      () => [sd1, {}],
      'INCOMPATIBLE_COMPONENTS',
      "option 'tokenizer'",
    ],
    ['a tokenizer that is not there', () => [sd1, { tokenizer: newFile('x') }], 'MODEL_NOT_FOUND', join('x')],
    [
      'configurations that are not there',
      () => [sd1, { config: newFile('x') }],
      'MODEL_NOT_FOUND',
      'model_index.json',
    ],
    [
      'configurations of SDXL',
      () => [sd1, { config: join(FIXTURES, 'sdxl') }],
      'INCOMPATIBLE_COMPONENTS',
      'StableDiffusionXLPipeline',
    ],
    [
      'a file that is no safetensors',
      () => [join(FIXTURES, 'sd1/model_index.json'), {}],
      'MODEL_CORRUPT',
      'safetensors',
    ],
  ])('%s', async (_, given, code, told) => {
    await expect(exportSingleFile(...given())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(told) as string,
    });
  });

  it('a checkpoint whose text encoder and UNet are of different widths', async () => {
    const path = await changed('sd1', (tensors) => {
      const key = 'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight';
      tensors.set(key, zeros(24, 64));
    });
    await expect(
      exportSingleFile(path, { tokenizer: join(FIXTURES, 'sd1/tokenizer') }),
    ).rejects.toMatchObject({
      code: 'INCOMPATIBLE_COMPONENTS',
      message: expect.stringMatching(/width 32 .* takes 64/) as string,
    });
  });
});

describe('a broken checkpoint', () => {
  it('never does more than fail with a code, whatever is missing or of whatever shape', async () => {
    const path = newFile();
    const intact = await checkpointOf('sd1');
    const shape = fc.array(fc.oneof(fc.nat(64), fc.constant(0)), { maxLength: 4 });
    const change = fc.record({
      key: fc.constantFrom(...intact.keys()),
      shape: fc.option(shape.filter((sizes) => sizes.reduce((a, b) => a * b, 1) < 1e5)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, described) => {
          const tensors = new Map(intact);
          for (const { key, shape: sizes } of changes) {
            if (sizes) tensors.set(key, zeros(...sizes));
            else tensors.delete(key);
          }
          await writeTensors(path, tensors);
          const config = described ? join(FIXTURES, 'sd1') : undefined;
          const error: unknown = await exportSingleFile(path, {
            config,
            tokenizer: join(FIXTURES, 'sd1/tokenizer'),
          })
            .then(async ({ components }) => {
              for (const { build } of components) (await build()).dispose();
            })
            .catch((thrown: unknown) => thrown);
          expect(error === undefined || error instanceof OpenVINODiffusersError, String(error)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
