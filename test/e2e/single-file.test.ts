import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ClipTokenizer } from '../../lib/tokenizer/index.js';
import {
  DDIMScheduler,
  exportSingleFile,
  OVStableDiffusionPipeline,
  PNDMScheduler,
  saveExport,
  type SingleFileOptions,
} from '../../lib/index.js';
import tokens from '../fixtures/reference/tokens.json' with { type: 'json' };
import reference from '../fixtures/reference/export_pictures.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import {
  checkpointOf,
  readFullSize,
  writeHollow,
  writeTensors,
  type TinyModel,
} from '../support/checkpoints.js';

const fixtures = join(import.meta.dirname, '../fixtures/export');
const tokenizer = join(fixtures, 'sd1/tokenizer');
const { side, numInferenceSteps, guidanceScale } = reference;
let work: string;
const files = {} as Record<TinyModel, string>;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'single-file-'));
  for (const model of ['sd1', 'sd2', 'inpaint'] as const) {
    files[model] = await writeTensors(join(work, `${model}.safetensors`), await checkpointOf(model));
  }
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

const load = (path: string, options: SingleFileOptions = {}): Promise<OVStableDiffusionPipeline> =>
  OVStableDiffusionPipeline.fromSingleFile(path, { inferencePrecision: 'f32', ...options });

async function latents(pipeline: OVStableDiffusionPipeline): Promise<Float32Array> {
  const options = { width: side, height: side, numInferenceSteps, guidanceScale, seed: 3 };
  const result = await pipeline.generate('a red circle', { ...options, outputType: 'latent' });
  return result.latents.data;
}

describe.each(['sd1', 'sd2'] as const)('a checkpoint with the configurations of its folder (%s)', (model) => {
  it.each(reference.models[model])(
    "draws diffusers' picture of '$prompt'",
    async ({ prompt, seed, pixels }) => {
      await using pipeline = await load(files[model], { config: join(fixtures, model) });
      await pipeline.reshape({ width: side, height: side });
      const options = { width: side, height: side, numInferenceSteps, guidanceScale, seed };
      const { images } = await pipeline.generate(prompt, { ...options, outputType: 'raw' });
      expect(psnr(images[0]!.data, Buffer.from(pixels, 'base64'))).toBeGreaterThanOrEqual(50);
    },
  );

  it("gives the latents of diffusers' folder, and again when it was saved", async () => {
    const target = join(work, `saved-${model}`);
    const folder = join(fixtures, model);
    await using original = await load(files[model], { config: folder });
    await using described = await OVStableDiffusionPipeline.fromPretrained(folder, {
      inferencePrecision: 'f32',
    });
    const expected = await latents(described);
    expect(await latents(original)).toEqual(expected);
    await original.savePretrained(target);
    await using saved = await OVStableDiffusionPipeline.fromPretrained(target, { inferencePrecision: 'f32' });
    expect(await latents(saved)).toEqual(expected);
    expect(saved.scheduler.config).toEqual(original.scheduler.config);
  });
});

describe.each([
  ['sd15', PNDMScheduler, 'epsilon', 64, 'Stable Diffusion 1.x'],
  ['sd21', DDIMScheduler, 'v_prediction', 96, 'Stable Diffusion 2.x, padded with !'],
] as const)('a checkpoint by itself (%s)', (name, schedulerClass, predictionType, sampleSize, tokenizer) => {
  const { padTokenId, differing } = tokens.folders.find((folder) => folder.name === tokenizer)!;
  const prompts = tokens.prompts.map((prompt, index) => ({
    prompt,
    ids: (differing as Partial<Record<string, { ids: number[] }>>)[index]?.ids ?? tokens.encoded[index]!.ids,
  }));
  let path: string;
  beforeAll(async () => {
    path = await writeHollow(join(work, `${name}.safetensors`), (await readFullSize())[name].shapes);
  });

  it('is the model that diffusers takes it for', async () => {
    await using pipeline = await load(path);
    expect(pipeline.scheduler).toBeInstanceOf(schedulerClass);
    expect(pipeline.scheduler.config).toMatchObject({ predictionType, betaSchedule: 'scaled_linear' });
    expect(pipeline.components).toMatchObject({ sampleSize, vaeScaleFactor: 8, scalingFactor: 0.18215 });
    for (const { prompt, ids } of prompts) {
      const encoded = pipeline.components.tokenizer.encode(prompt).ids;
      expect([...encoded]).toEqual([...ids, ...new Array<number>(77 - ids.length).fill(padTokenId)]);
    }
  });

  it('is saved with all that stands beside the networks', async () => {
    const target = join(work, `rest-${name}`);
    const exported = await exportSingleFile(path);
    await saveExport({ ...exported, components: [] }, target);
    expect((await readdir(target, { recursive: true })).sort()).toEqual(
      [
        'model_index.json',
        'scheduler',
        join('scheduler', 'scheduler_config.json'),
        'tokenizer',
        ...[
          'LICENSE',
          'merges.txt',
          'openvino_tokenizer.bin',
          'openvino_tokenizer.xml',
          'special_tokens_map.json',
          'tokenizer_config.json',
          'vocab.json',
        ].map((file) => join('tokenizer', file)),
      ].sort(),
    );
    const read = async (file: string): Promise<unknown> =>
      JSON.parse(await readFile(join(target, file), 'utf8')) as unknown;
    expect(await read('model_index.json')).toMatchObject({
      _class_name: 'StableDiffusionPipeline',
      scheduler: ['diffusers', schedulerClass.name],
      tokenizer: ['transformers', 'CLIPTokenizer'],
      safety_checker: [null, null],
    });
    expect(await read('scheduler/scheduler_config.json')).toEqual(exported.schedulerConfig);
    expect(await read('tokenizer/special_tokens_map.json')).toHaveProperty(
      'pad_token',
      padTokenId === 0 ? '!' : '<|endoftext|>',
    );
    const saved = await ClipTokenizer.fromPretrained(join(target, 'tokenizer'));
    for (const { prompt, ids } of prompts)
      expect([...saved.encode(prompt).ids].slice(0, ids.length)).toEqual(ids);
  });
});

describe('fromSingleFile', () => {
  it('takes a tokenizer, a scheduler’s prediction and less of a text encoder', async () => {
    const config = join(fixtures, 'sd1');
    await using plain = await load(files.sd1, { config });
    await using other = await load(files.sd1, {
      config,
      predictionType: 'v_prediction',
      clipSkip: 1,
      tokenizer,
    });
    expect(other.scheduler.config).toMatchObject({ predictionType: 'v_prediction' });
    expect(await latents(other)).not.toEqual(await latents(plain));
  });

  it.each<[string, () => [string, object], string, string]>([
    ['no path', () => ['', {}], 'INVALID_ARGUMENT', 'a path for path'],
    ['a folder', () => [join(fixtures, 'sd1'), {}], 'MODEL_NOT_FOUND', 'sd1'],
    ['a pickle', () => [join(work, 'model.ckpt'), {}], 'UNSUPPORTED', 'pickle'],
    [
      'a model for inpainting',
      () => [files.inpaint, { tokenizer }],
      'UNSUPPORTED',
      'StableDiffusionInpaintPipeline',
    ],
    ['an option of folders', () => [files.sd1, { variant: 'fp16' }], 'UNKNOWN_OPTION', 'fromSingleFile'],
    [
      'an unknown prediction',
      () => [files.sd1, { predictionType: 'x' }],
      'INVALID_ARGUMENT',
      "'epsilon' or 'v_prediction'",
    ],
    [
      'a scheduler there is none of',
      () => [files.sd1, { config: join(work, 'unipc') }],
      'UNSUPPORTED',
      'IPNDMScheduler',
    ],
  ])('refuses %s', async (_, given, code, told) => {
    await cp(join(fixtures, 'sd1'), join(work, 'unipc'), { recursive: true });
    const scheduler = join(work, 'unipc/scheduler/scheduler_config.json');
    await writeFile(scheduler, JSON.stringify({ _class_name: 'IPNDMScheduler' }));
    const [path, options] = given();
    await expect(load(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(told) as string,
    });
  });

  it('is what fromPretrained points to for a file', async () => {
    await expect(OVStableDiffusionPipeline.fromPretrained(files.sd1)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('fromSingleFile') as string,
    });
  });

  it('never gives way to what is saved: neither checkpoint nor tokenizer', async () => {
    const source = join(work, 'source');
    await cp(tokenizer, join(source, 'tokenizer'), { recursive: true });
    await cp(files.sd1, join(source, 'weights/model.safetensors'));
    await using pipeline = await load(join(source, 'weights/model.safetensors'), {
      config: join(fixtures, 'sd1'),
      tokenizer: join(source, 'tokenizer'),
    });
    for (const target of ['weights', 'tokenizer']) {
      await expect(pipeline.savePretrained(join(source, target), { overwrite: true })).rejects.toMatchObject({
        code: 'SAVE_FAILED',
      });
    }
    expect((await readdir(source, { recursive: true })).length).toBe(5);
  });
});
