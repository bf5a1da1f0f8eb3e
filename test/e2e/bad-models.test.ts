import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ModelLoadError, OVStableDiffusionPipeline } from '../../lib/index.js';
import { graph } from '../../lib/runtime/index.js';

const fixture = join(import.meta.dirname, '../fixtures/sd-tiny');
let work: string;
let copies = 0;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'bad-models-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

/** A copy of the fixture with one thing changed. */
async function changed(change: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(work, String(copies++));
  await cp(fixture, folder, { recursive: true });
  await change(folder);
  return folder;
}

async function editJson(path: string, edit: (value: Record<string, unknown>) => void): Promise<void> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  edit(value);
  await writeFile(path, JSON.stringify(value));
}

async function replaceTextEncoder(folder: string, width: number): Promise<void> {
  const ids = graph.parameter('i64', [-1, -1], 'input_ids');
  const table = graph.constant('f32', [700, width], new Float32Array(700 * width));
  const axis = graph.constant('i64', [], new BigInt64Array([0n]));
  const output = graph.node('Gather', [table, ids, axis]);
  const model = graph.model([ids], [{ output, names: ['last_hidden_state'] }], 'text');
  const base = join(folder, 'text_encoder', 'openvino_model');
  await model.serialize(`${base}.xml`, `${base}.bin`);
}

const broken: [string, (folder: string) => Promise<unknown>, string, string | RegExp][] = [
  ['no model_index.json', (at) => rm(join(at, 'model_index.json')), 'MODEL_NOT_FOUND', 'model_index.json'],
  ['no UNet folder', (at) => rm(join(at, 'unet'), { recursive: true }), 'MODEL_NOT_FOUND', 'unet'],
  ['no UNet network', (at) => rm(join(at, 'unet/openvino_model.xml')), 'MODEL_NOT_FOUND', 'ov_model.xml'],
  [
    'no UNet weights',
    (at) => rm(join(at, 'unet/openvino_model.bin')),
    'MODEL_NOT_FOUND',
    'openvino_model.bin',
  ],
  [
    'no weights of the VAE encoder',
    (at) => rm(join(at, 'vae_encoder/openvino_model.bin')),
    'MODEL_NOT_FOUND',
    'vae_encoder',
  ],
  ['no tokenizer', (at) => rm(join(at, 'tokenizer'), { recursive: true }), 'MODEL_NOT_FOUND', 'tokenizer'],
  ['no scheduler', (at) => rm(join(at, 'scheduler'), { recursive: true }), 'MODEL_NOT_FOUND', 'scheduler'],
  ['weights cut short', (at) => truncate(join(at, 'unet/openvino_model.bin'), 1000), 'MODEL_CORRUPT', 'unet'],
  [
    'empty weights',
    (at) => truncate(join(at, 'vae_decoder/openvino_model.bin'), 0),
    'MODEL_CORRUPT',
    'vae_decoder',
  ],
  [
    'a network cut short',
    (at) => truncate(join(at, 'unet/openvino_model.xml'), 5000),
    'MODEL_CORRUPT',
    'unet',
  ],
  [
    'a network that is no XML',
    (at) => writeFile(join(at, 'text_encoder/openvino_model.xml'), '{}'),
    'MODEL_CORRUPT',
    'text_encoder',
  ],
  [
    'an index that is no JSON',
    (at) => writeFile(join(at, 'model_index.json'), '{"a'),
    'CONFIG_INVALID',
    'not JSON',
  ],
  [
    'an index without a class',
    (at) => writeFile(join(at, 'model_index.json'), '{}'),
    'CONFIG_INVALID',
    '_class_name',
  ],
  [
    'a config of the wrong type',
    (at) => editJson(join(at, 'vae_decoder/config.json'), (config) => (config.scaling_factor = 'big')),
    'CONFIG_INVALID',
    'scaling_factor',
  ],
  [
    'a pipeline of another kind',
    (at) => editJson(join(at, 'model_index.json'), (index) => (index._class_name = 'FluxPipeline')),
    'UNSUPPORTED',
    'FluxPipeline',
  ],
  [
    'a scheduler nobody knows',
    (at) =>
      editJson(
        join(at, 'scheduler/scheduler_config.json'),
        (config) => (config._class_name = 'FooScheduler'),
      ),
    'UNSUPPORTED',
    'FooScheduler',
  ],
  [
    'a text encoder of another model',
    (at) => replaceTextEncoder(at, 48),
    'INCOMPATIBLE_COMPONENTS',
    /width 48 .* takes 32/,
  ],
];

describe('a model folder is refused, with a code and the place, that has', () => {
  it.each(broken)('%s', async (_, change, code, told) => {
    const folder = await changed(change);
    const error: unknown = await OVStableDiffusionPipeline.fromPretrained(folder).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ModelLoadError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(told);
  });

  it('no files at all, nor a place on the disk', async () => {
    await expect(OVStableDiffusionPipeline.fromPretrained(join(work, 'nowhere'))).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    await expect(OVStableDiffusionPipeline.fromPretrained('')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

it('a UNet that predicts another shape is found out at its first prediction', async () => {
  const folder = await changed(async (at) => {
    const sample = graph.parameter('f32', [-1, 4, -1, -1], 'sample');
    const others = [
      graph.parameter('i64', [-1], 'timestep'),
      graph.parameter('f32', [-1, 77, 32], 'encoder_hidden_states'),
    ];
    const output = graph.node('Concat', [sample, sample], { axis: 2 });
    const model = graph.model([sample, ...others], [{ output, names: ['out_sample'] }], 'unet');
    const base = join(at, 'unet', 'openvino_model');
    await model.serialize(`${base}.xml`, `${base}.bin`);
  });
  await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
  await expect(pipeline.generate('a', { numInferenceSteps: 2, width: 32, height: 32 })).rejects.toMatchObject(
    {
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('unet') as string,
    },
  );
});

describe('a model folder is taken that has', () => {
  const quick = { numInferenceSteps: 1, seed: 1, outputType: 'latent' } as const;

  it('its networks under the older name', async () => {
    const folder = await changed(async (at) => {
      for (const component of ['unet', 'vae_decoder', 'text_encoder']) {
        for (const end of ['xml', 'bin']) {
          await rename(join(at, component, `openvino_model.${end}`), join(at, component, `ov_model.${end}`));
        }
      }
    });
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });

  it('no VAE encoder, and configs without what older versions left out', async () => {
    const folder = await changed(async (at) => {
      await rm(join(at, 'vae_encoder'), { recursive: true });
      await editJson(join(at, 'vae_decoder/config.json'), (config) => delete config.scaling_factor);
      await editJson(join(at, 'unet/config.json'), (config) => delete config.in_channels);
    });
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
    expect(pipeline.components).toMatchObject({
      vaeEncoder: undefined,
      scalingFactor: 0.18215,
      vaeScaleFactor: 2,
    });
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });

  it('tokenizers that OpenVINO could run, which are not used', async () => {
    const folder = await changed((at) => writeFile(join(at, 'tokenizer/openvino_tokenizer.xml'), 'ignored'));
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });
});
