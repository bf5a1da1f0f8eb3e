import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exportPipeline, type SaveProgress } from '../../lib/models/index.js';
import { saveExport } from '../../lib/pipelines/index.js';
import { sharedCore } from '../../lib/runtime/index.js';

const SD1 = join(import.meta.dirname, '../fixtures/export/sd1');
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'save-export-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

const inOrder = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).sort();

describe('saveExport', () => {
  it("writes optimum-intel's layout and tells of every component", async () => {
    const target = join(work, 'layout');
    const told: SaveProgress[] = [];
    await saveExport(await exportPipeline(SD1), target, { onProgress: (progress) => told.push(progress) });
    const network = (name: string): string[] => [
      name,
      ...['config.json', 'openvino_model.bin', 'openvino_model.xml'].map((file) => join(name, file)),
    ];
    expect(await inOrder(target)).toEqual(
      [
        'model_index.json',
        'scheduler',
        join('scheduler', 'scheduler_config.json'),
        'tokenizer',
        join('tokenizer', 'openvino_tokenizer.bin'),
        join('tokenizer', 'openvino_tokenizer.xml'),
        join('tokenizer', 'tokenizer.json'),
        join('tokenizer', 'tokenizer_config.json'),
        ...['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'].flatMap(network),
      ].sort(),
    );
    expect(told).toEqual([
      { component: 'text_encoder', done: 1, total: 4 },
      { component: 'unet', done: 2, total: 4 },
      { component: 'vae_decoder', done: 3, total: 4 },
      { component: 'vae_encoder', done: 4, total: 4 },
    ]);
  });

  it('writes networks that read back with the same ports', async () => {
    const target = join(work, 'again');
    const pipeline = await exportPipeline(SD1);
    await saveExport(pipeline, target);
    for (const component of pipeline.components) {
      using built = await component.build();
      using read = await sharedCore().readModel(join(target, component.name, 'openvino_model.xml'));
      expect([read.inputs, read.outputs]).toEqual([built.inputs, built.outputs]);
    }
  });

  it('keeps what VAEs of v-prediction models need in f16', async () => {
    const target = join(work, 'v-prediction');
    await saveExport(await exportPipeline(join(SD1, '../sd2')), target);
    const xml = await readFile(join(target, 'vae_decoder', 'openvino_model.xml'), 'utf8');
    expect(xml).toContain('<ACTIVATIONS_SCALE_FACTOR value="8.0" />');
  });

  it("writes floats of the text encoder's configuration as Python's strict reader wants them", async () => {
    const target = join(work, 'floats');
    await saveExport(await exportPipeline(SD1), target);
    const told = await readFile(join(target, 'text_encoder', 'config.json'), 'utf8');
    const original = await readFile(join(SD1, 'text_encoder', 'config.json'), 'utf8');
    for (const field of ['"attention_dropout": 0.0', '"initializer_factor": 1.0']) {
      expect(original).toContain(field);
      expect(told).toContain(field);
    }
    expect(told).toContain('"num_hidden_layers": 3,');
  });

  it("adds both of SDXL's tokenizers as networks", async () => {
    const target = join(work, 'sdxl');
    await saveExport(await exportPipeline(join(SD1, '../sdxl')), target);
    for (const tokenizer of ['tokenizer', 'tokenizer_2']) {
      expect(await readdir(join(target, tokenizer))).toEqual(
        expect.arrayContaining(['openvino_tokenizer.bin', 'openvino_tokenizer.xml']),
      );
    }
  });

  it('leaves a folder that exists alone, unless it may give way', async () => {
    const target = join(work, 'taken');
    await mkdir(target);
    await writeFile(join(target, 'mine'), '');
    const pipeline = await exportPipeline(SD1);
    await expect(saveExport(pipeline, target)).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      message: expect.stringContaining('overwrite') as string,
    });
    expect(await readdir(target)).toEqual(['mine']);
    await saveExport(pipeline, target, { overwrite: true });
    expect(await readdir(target)).toContain('model_index.json');
    expect(await readdir(target)).not.toContain('mine');
  });

  it('never gives way where the weights are read from', async () => {
    const source = join(work, 'source');
    await cp(SD1, source, { recursive: true });
    const pipeline = await exportPipeline(source);
    for (const target of [source, work]) {
      await expect(saveExport(pipeline, target, { overwrite: true })).rejects.toMatchObject({
        code: 'SAVE_FAILED',
      });
    }
    expect(await readdir(source)).toContain('unet');
  });

  it('writes a scheduler that is JSON, which -Infinity is not', async () => {
    const target = join(work, 'scheduler');
    const pipeline = await exportPipeline(SD1);
    const schedulerConfig = { _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 };
    await saveExport(
      { ...pipeline, schedulerConfig: { ...schedulerConfig, lambda_min_clipped: -Infinity } },
      target,
    );
    const read = async (): Promise<unknown> =>
      JSON.parse(await readFile(join(target, 'scheduler', 'scheduler_config.json'), 'utf8'));
    expect(await read()).toEqual(schedulerConfig);

    const clipped = { ...schedulerConfig, lambda_min_clipped: -5.1 };
    await saveExport({ ...pipeline, schedulerConfig: clipped }, target, { overwrite: true });
    expect(await read()).toEqual(clipped);
  });

  it('leaves nothing behind when it fails or is called off', async () => {
    const folder = join(work, 'failing');
    await mkdir(folder);
    const broken = await exportPipeline(SD1);
    const fails = broken.components.map((component) => ({
      ...component,
      build: (scratch?: string) =>
        component.name === 'vae_encoder'
          ? Promise.reject(new RangeError('out of luck'))
          : component.build(scratch),
    }));
    await expect(saveExport({ ...broken, components: fails }, join(folder, 'a'))).rejects.toThrow(
      'out of luck',
    );

    const noRoom = await exportPipeline(SD1, { weightFormat: 'fp32' });
    const elsewhere = noRoom.components.map((component) => ({
      ...component,
      build: () => component.build(join(folder, 'nowhere')),
    }));
    await expect(saveExport({ ...noRoom, components: elsewhere }, join(folder, 'c'))).rejects.toMatchObject({
      name: 'SaveError',
      code: 'SAVE_FAILED',
      message: expect.stringContaining(join(folder, 'nowhere')) as string,
    });

    const controller = new AbortController();
    const onProgress = (): void => {
      controller.abort();
    };
    const calledOff = saveExport(broken, join(folder, 'b'), { onProgress, signal: controller.signal });
    await expect(calledOff).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(folder)).toEqual([]);
  });
});
