import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OpenVINODiffusersError } from '../../../../lib/common/errors.js';
import { exportPipeline, type ComponentName, type ExportOptions } from '../../../../lib/models/index.js';
import { openSafetensors } from '../../../../lib/models/weights/safetensors.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/export');
const WEIGHTS = 'diffusion_pytorch_model';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refusals-'));
  await cp(join(FIXTURES, 'sd1'), folder, { recursive: true });
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function edit(file: string, change: (config: Record<string, unknown>) => void): Promise<void> {
  const path = join(folder, file);
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(config);
  await writeFile(path, JSON.stringify(config));
}

const set = (file: string, values: Record<string, unknown>): Promise<void> =>
  edit(file, (config) => Object.assign(config, values));

/** Rewrites a file of weights with other names, shapes or places for its tensors. */
async function editHeader(
  file: string,
  change: (header: Record<string, { shape: number[] }>) => void,
): Promise<void> {
  const path = join(folder, file);
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { shape: number[] }>;
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([prefix, text, bytes.subarray(8 + length)]));
}

async function build(name: ComponentName, options: ExportOptions = {}): Promise<void> {
  const { components } = await exportPipeline(folder, options);
  const model = await components.find((component) => component.name === name)!.build();
  model.dispose();
}

describe('a configuration that asks for what is not supported', () => {
  it.each<[string, Record<string, unknown>]>([
    ['unet/config.json', { class_embed_type: 'timestep' }],
    ['unet/config.json', { num_class_embeds: 1000 }],
    ['unet/config.json', { addition_embed_type: 'image' }],
    ['unet/config.json', { only_cross_attention: [true, true, false] }],
    ['unet/config.json', { resnet_time_scale_shift: 'scale_shift' }],
    ['unet/config.json', { time_embedding_type: 'fourier' }],
    ['unet/config.json', { attention_type: 'gated' }],
    ['unet/config.json', { encoder_hid_dim_type: 'image_proj' }],
    ['unet/config.json', { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' }],
    ['vae/config.json', { _class_name: 'AsymmetricAutoencoderKL' }],
    ['model_index.json', { _class_name: 'FluxPipeline' }],
    ['model_index.json', { unet: ['diffusers', 'UNetSpatioTemporalConditionModel'] }],
  ])('is refused by name: %s %o', async (file, values) => {
    await set(file, values);
    await expect(exportPipeline(folder)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(
        file === 'model_index.json' ? folder : Object.keys(values)[0]!,
      ) as string,
    });
  });

  it('is told of all at once', async () => {
    await set('unet/config.json', { class_embed_type: 'identity', dual_cross_attention: true });
    await expect(exportPipeline(folder)).rejects.toThrow(
      /dual_cross_attention is true.*class_embed_type is "identity"/,
    );
  });
});

describe('a configuration that makes no sense', () => {
  it.each<[string, Record<string, unknown>]>([
    ['unet/config.json', { down_block_types: ['AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'] }],
    ['unet/config.json', { block_out_channels: [8, 16] }],
    ['unet/config.json', { block_out_channels: [8, 16, 1e12] }],
    ['unet/config.json', { attention_head_dim: [1] }],
    ['unet/config.json', { layers_per_block: 1e9 }],
    ['unet/config.json', { act_fn: 'sine' }],
    ['unet/config.json', { addition_time_embed_dim: null, addition_embed_type: 'text_time' }],
    ['vae/config.json', { block_out_channels: [] }],
    ['vae/config.json', { up_block_types: ['UpDecoderBlock2D'] }],
    ['text_encoder/config.json', { hidden_act: 'tanh' }],
    ['text_encoder/config.json', { hidden_size: 0 }],
  ])('is refused before work starts: %s %o', async (file, values) => {
    await set(file, values);
    await expect(exportPipeline(folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(Object.keys(values)[0]!) as string,
    });
  });

  it.each<[ComponentName, string, Record<string, unknown>]>([
    ['unet', 'unet/config.json', { norm_num_groups: 3 }],
    ['unet', 'unet/config.json', { attention_head_dim: 3 }],
    ['text_encoder', 'text_encoder/config.json', { num_attention_heads: 5 }],
  ])('is refused when the %s is built: %s %o', async (name, file, values) => {
    await set(file, values);
    await expect(build(name)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it(
    'never does more than fail with a code, whatever stands in any field',
    { timeout: 120_000 },
    async () => {
      const file = join(folder, 'unet/config.json');
      const original = await readFile(file, 'utf8');
      const fields = Object.keys(JSON.parse(original) as object);
      const value = fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.maxSafeNat(),
        fc.array(fc.nat(100), { maxLength: 4 }),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...fields), value, async (field, changed) => {
          await writeFile(file, original);
          await set('unet/config.json', { [field]: changed });
          const error: unknown = await build('unet').catch((thrown: unknown) => thrown);
          expect(error === undefined || error instanceof OpenVINODiffusersError, String(error)).toBe(true);
        }),
        { numRuns: 150 },
      );
    },
  );
});

describe('weights that do not fit', () => {
  it('are listed together: missing, of another shape, unknown', async () => {
    await editHeader(`unet/${WEIGHTS}.safetensors`, (header) => {
      header['conv_in.wait'] = header['conv_in.weight']!;
      delete header['conv_in.weight'];
      header['conv_out.weight']!.shape.reverse();
    });
    const error: unknown = await build('unet').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ModelLoadError', code: 'MODEL_CORRUPT' });
    const { message } = error as Error;
    expect(message).toMatch(/missing:\n {2}conv_in\.weight \[8, 4, 3, 3\]/);
    expect(message).toMatch(/conv_out\.weight has shape \[3, 3, 8, 4\], not \[4, 8, 3, 3\]/);
    expect(message).toMatch(/unknown to this network:\n {2}conv_in\.wait/);
  });

  it('are another model’s, which takes no time or memory to find out', async () => {
    await set('unet/config.json', {
      block_out_channels: [1e5, 1e5, 1e5],
      layers_per_block: 200,
      norm_num_groups: 1,
    });
    await expect(build('unet')).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringMatching(/… and \d+ more/) as string,
    });
  });

  it('are of a type no network has', async () => {
    await editHeader(`vae/${WEIGHTS}.safetensors`, (header) => {
      Object.assign(header['decoder.conv_in.bias']!, { dtype: 'I16' });
    });
    await expect(build('vae_decoder')).rejects.toThrow('decoder.conv_in.bias is stored as I16');
  });

  it('may hold positions that old versions saved, and lie at odd offsets', async () => {
    const path = join(folder, 'text_encoder/model.safetensors');
    const offsets = (): number[] =>
      [...openSafetensors(path).entries.values()].map(({ offset }) => offset % 2);
    await editHeader('text_encoder/model.safetensors', (header) => {
      Object.assign(header, {
        'text_model.embeddings.position_ids': { dtype: 'I64', shape: [0], data_offsets: [0, 0] },
      });
    });
    if (!offsets().includes(1)) {
      await editHeader('text_encoder/model.safetensors', (header) => {
        Object.assign(header, { __metadata__: { format: 'odd!' } });
      });
    }
    await expect(build('text_encoder')).resolves.toBeUndefined();
  });
});

describe('files of weights', () => {
  const unet = (name: string): string => join(folder, 'unet', name);

  it('are found by variant, and the error names those there are', async () => {
    await rename(unet(`${WEIGHTS}.safetensors`), unet(`${WEIGHTS}.fp16.safetensors`));
    await expect(build('unet')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining(`${WEIGHTS}.fp16.safetensors`) as string,
    });
    await rename(
      join(folder, 'vae', `${WEIGHTS}.safetensors`),
      join(folder, 'vae', `${WEIGHTS}.fp16.safetensors`),
    );
    await rename(
      join(folder, 'text_encoder/model.safetensors'),
      join(folder, 'text_encoder/model.fp16.safetensors'),
    );
    await expect(build('unet', { variant: 'fp16' })).resolves.toBeUndefined();
  });

  it.each(['diffusion_pytorch_model.bin', 'model.ckpt'])('are never pickles: %s', async (name) => {
    await rename(unet(`${WEIGHTS}.safetensors`), unet(name));
    await expect(exportPipeline(folder)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/pickle.*safe_serialization=True/) as string,
    });
  });

  it.each(['../../secret.safetensors', '/etc/passwd', 'model.bin', '..\\x.safetensors'])(
    'are not looked for outside the folder by an index: %s',
    async (shard) => {
      await rm(unet(`${WEIGHTS}.safetensors`));
      await writeFile(
        unet(`${WEIGHTS}.safetensors.index.json`),
        JSON.stringify({ weight_map: { a: shard } }),
      );
      await expect(exportPipeline(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );

  it('may be sharded', async () => {
    const bytes = await readFile(unet(`${WEIGHTS}.safetensors`));
    const { entries } = openSafetensors(unet(`${WEIGHTS}.safetensors`));
    await rm(unet(`${WEIGHTS}.safetensors`));
    const map: Record<string, string> = {};
    for (const part of [0, 1]) {
      const shard = `${WEIGHTS}-0000${part + 1}-of-00002.safetensors`;
      const mine = [...entries].filter((_, index) => index % 2 === part);
      const data: Buffer[] = [];
      const header: Record<string, unknown> = {};
      let end = 0;
      for (const [key, { type, shape, offset, byteLength }] of mine) {
        header[key] = { dtype: type, shape, data_offsets: [end, (end += byteLength)] };
        data.push(bytes.subarray(offset, offset + byteLength));
        map[key] = shard;
      }
      const text = Buffer.from(JSON.stringify(header));
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(BigInt(text.length));
      await writeFile(unet(shard), Buffer.concat([prefix, text, ...data]));
    }
    await writeFile(unet(`${WEIGHTS}.safetensors.index.json`), JSON.stringify({ weight_map: map }));
    await expect(build('unet')).resolves.toBeUndefined();
    expect(await readdir(join(folder, 'unet'))).not.toContain(`${WEIGHTS}.safetensors`);
  });
});

describe('options', () => {
  it('are checked, and the probable name is told', async () => {
    await expect(exportPipeline(folder, { weightsFormat: 'fp16' } as never)).rejects.toThrow(
      "Did you mean 'weightFormat'?",
    );
    await expect(exportPipeline(folder, { weightFormat: 'int3' } as never)).rejects.toThrow(
      'Expected one of stored, fp32, fp16, int8 for weightFormat',
    );
    await expect(build('text_encoder', { clipSkip: 9 })).rejects.toThrow('between 0 and 3 for clipSkip');
  });
});
