import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  type ComponentProgress,
  EulerDiscreteScheduler,
  OVStableDiffusionPipeline,
  type PipelineOptions,
  type SaveProgress,
} from '../../lib/index.js';
import reference from '../fixtures/reference/export_pictures.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const sd1 = join(fixtures, 'export/sd1');
const exported = join(fixtures, 'sd-tiny');
const { side, numInferenceSteps, guidanceScale } = reference;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'export-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

async function load(folder: string, options: PipelineOptions = {}): Promise<OVStableDiffusionPipeline> {
  return OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32', ...options });
}

async function draw(pipeline: OVStableDiffusionPipeline, prompt = 'a red circle', seed = 0) {
  const options = { width: side, height: side, numInferenceSteps, guidanceScale, seed };
  const { images } = await pipeline.generate(prompt, { ...options, outputType: 'raw' });
  return images[0]!.data;
}

describe.each(['sd1', 'sd2'] as const)('a diffusers folder exported on the way (%s)', (model) => {
  it.each(reference.models[model])("draws diffusers' picture of '$prompt'", async (expected) => {
    await using pipeline = await load(join(fixtures, 'export', model), { export: true });
    await pipeline.reshape({ width: side, height: side });
    const picture = await draw(pipeline, expected.prompt, expected.seed);
    expect(psnr(picture, Buffer.from(expected.pixels, 'base64'))).toBeGreaterThanOrEqual(50);
  });
});

describe('fromPretrained', () => {
  it('exports what is not exported yet, and tells of every component', async () => {
    const told: ComponentProgress[] = [];
    const onProgress: PipelineOptions['onProgress'] = (progress) => {
      if (progress.phase !== 'download') told.push(progress);
    };
    await using pipeline = await load(sd1, { onProgress });
    expect(pipeline.components.vaeEncoder).toBeDefined();
    expect(told.map(({ done, total, component }) => `${done}/${total} ${component}`)).toEqual([
      '1/5 tokenizer',
      '2/5 text_encoder',
      '3/5 unet',
      '4/5 vae_decoder',
      '5/5 vae_encoder',
    ]);
  });

  it.each([
    ['a diffusers folder that is said to be exported', sd1, { export: false }, 'MODEL_NOT_FOUND'],
    ['an exported folder to be exported again', exported, { export: true }, 'UNSUPPORTED'],
    ['a weight format without an export', exported, { weightFormat: 'int8' }, 'INVALID_ARGUMENT'],
    ['an unknown weight format', sd1, { weightFormat: 'int3' }, 'INVALID_ARGUMENT'],
    ['a variant that is not there', sd1, { variant: 'fp16' }, 'MODEL_NOT_FOUND'],
    ['more clipSkip than layers', sd1, { clipSkip: 9 }, 'INVALID_ARGUMENT'],
    ['a pipeline of SDXL', join(fixtures, 'export/sdxl'), {}, 'UNSUPPORTED'],
    ['a pipeline for inpainting', join(fixtures, 'export/inpaint'), {}, 'UNSUPPORTED'],
  ])('refuses %s', async (_, folder, options, code) => {
    await expect(load(folder, options as PipelineOptions)).rejects.toMatchObject({ code });
  });

  it('stores weights in 8 bits when asked, which changes pictures a little', async () => {
    await using stored = await load(sd1);
    await using small = await load(sd1, { weightFormat: 'int8' });
    const likeness = psnr(await draw(small), await draw(stored));
    expect(likeness).toBeGreaterThan(20);
    expect(likeness).toBeLessThan(Infinity);
  });

  it("leaves out the text encoder's last layers when asked", async () => {
    await using all = await load(sd1);
    await using fewer = await load(sd1, { clipSkip: 1 });
    expect(psnr(await draw(fewer), await draw(all))).toBeLessThan(60);
  });
});

describe('a model with a safety checker', () => {
  /** The fixture with the safety checker's own files and its entry in the index. */
  async function withSafetyChecker(files: boolean): Promise<string> {
    const folder = await mkdtemp(join(work, 'checker-'));
    await cp(sd1, folder, { recursive: true });
    const path = join(folder, 'model_index.json');
    const index = JSON.parse(await readFile(path, 'utf8')) as object;
    const entry = ['stable_diffusion', 'StableDiffusionSafetyChecker'];
    await writeFile(path, JSON.stringify({ ...index, safety_checker: entry }));
    if (files) {
      for (const name of ['config.json', 'model.safetensors']) {
        await cp(join(fixtures, 'export/safety_checker', name), join(folder, 'safety_checker', name));
      }
    }
    return folder;
  }

  const indexOf = async (folder: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, 'model_index.json'), 'utf8'));

  it('keeps it when it is saved, and saved again from OpenVINO IR', async () => {
    const [first, second] = [join(work, 'checker-once'), join(work, 'checker-twice')];
    await using exported = await load(await withSafetyChecker(true));
    await exported.savePretrained(first);
    await using read = await load(first, { export: false });
    await read.savePretrained(second);
    for (const folder of [first, second]) {
      expect((await readdir(join(folder, 'safety_checker'))).sort()).toEqual([
        'config.json',
        'model.safetensors',
        'openvino_model.bin',
        'openvino_model.xml',
      ]);
      expect(await indexOf(folder)).toHaveProperty('safety_checker', [
        'stable_diffusion',
        'StableDiffusionSafetyChecker',
      ]);
    }
  });

  it('loads without it where its folder is missing, with a warning and the way out', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await using pipeline = await load(await withSafetyChecker(false));
    const [message, options] = warning.mock.calls[0] ?? [];
    expect(message).toContain("Pass 'safetyChecker: null'");
    expect(options).toMatchObject({ code: 'COMPONENT_MISSING' });
    const target = join(work, 'checker-missing');
    await pipeline.savePretrained(target);
    warning.mockRestore();
    expect(await indexOf(target)).toHaveProperty('safety_checker', [null, null]);
  });

  it('is saved without it from OpenVINO IR that lacks it', async () => {
    const [source, target] = [join(work, 'checker-lost'), join(work, 'checker-lost-again')];
    await using exported = await load(await withSafetyChecker(true));
    await exported.savePretrained(source);
    await rm(join(source, 'safety_checker'), { recursive: true });
    await using read = await load(source, { export: false, safetyChecker: null });
    await read.savePretrained(target);
    expect(await indexOf(target)).toHaveProperty('safety_checker', [null, null]);
  });

  it('leaves it out when asked, without a warning', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await using pipeline = await load(await withSafetyChecker(false), { safetyChecker: null });
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
    expect(pipeline.components.unet).toBeDefined();
  });
});

describe('savePretrained', () => {
  it.each([
    ['an exported model', exported],
    ['a model exported on the way', sd1],
  ])('saves %s so that it draws the same', async (name, folder) => {
    const target = join(work, name);
    const told: SaveProgress[] = [];
    await using pipeline = await load(folder);
    pipeline.scheduler = EulerDiscreteScheduler.fromConfig(pipeline.scheduler.config);
    await pipeline.savePretrained(target, { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ component }) => component)).toEqual([
      'text_encoder',
      'unet',
      'vae_decoder',
      'vae_encoder',
    ]);
    await using again = await load(target, { export: false });
    expect(again.scheduler).toBeInstanceOf(EulerDiscreteScheduler);
    expect(again.scheduler.config).toEqual(pipeline.scheduler.config);
    expect(await draw(again)).toEqual(await draw(pipeline));
  });

  it('names the present scheduler where diffusers looks for it', async () => {
    const target = join(work, 'scheduler');
    await using pipeline = await load(sd1);
    pipeline.scheduler = EulerDiscreteScheduler.fromConfig(pipeline.scheduler.config);
    await pipeline.savePretrained(target);
    const index = JSON.parse(await readFile(join(target, 'model_index.json'), 'utf8')) as object;
    expect(index).toHaveProperty('scheduler', ['diffusers', 'EulerDiscreteScheduler']);
  });

  it('leaves a folder that exists alone, unless it may give way', async () => {
    const target = join(work, 'taken');
    await cp(join(sd1, 'tokenizer'), target, { recursive: true });
    await using pipeline = await load(exported);
    await expect(pipeline.savePretrained(target)).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    expect(await readdir(target)).not.toContain('unet');
    await pipeline.savePretrained(target, { overwrite: true });
    expect(await readdir(target)).toContain('unet');
  });

  it.each([exported, sd1])('never replaces the folder it reads from', async (folder) => {
    const source = await mkdtemp(join(work, 'source-'));
    await cp(folder, source, { recursive: true });
    await using pipeline = await load(source);
    await expect(pipeline.savePretrained(source, { overwrite: true })).rejects.toMatchObject({
      code: 'SAVE_FAILED',
    });
  });

  it('stops between components when called off, and leaves nothing', async () => {
    const folder = await mkdtemp(join(work, 'stopped-'));
    await using pipeline = await load(exported);
    const controller = new AbortController();
    const onProgress = (): void => {
      controller.abort(new Error('enough'));
    };
    const saving = pipeline.savePretrained(join(folder, 'out'), { onProgress, signal: controller.signal });
    await expect(saving).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['no path', '', {}],
    ['an unknown option', 'out', { overwritten: true }],
  ])('refuses %s', async (_, target, options) => {
    await using pipeline = await load(exported);
    await expect(pipeline.savePretrained(target && join(work, target), options)).rejects.toMatchObject({
      name: 'InvalidArgumentError',
    });
  });

  it('still draws when the source has moved away meanwhile', async () => {
    const source = await mkdtemp(join(work, 'moving-'));
    await cp(sd1, source, { recursive: true });
    await using pipeline = await load(source);
    const before = await draw(pipeline);
    await rename(source, `${source}-away`);
    expect(await draw(pipeline)).toEqual(before);
  });
});
