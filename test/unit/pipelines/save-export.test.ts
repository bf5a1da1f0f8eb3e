import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { NetworkName, PipelineExport } from '../../../lib/models/index.js';
import { saveExport } from '../../../lib/pipelines/index.js';
import type { Model } from '../../../lib/runtime/index.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const SD_TINY = join(import.meta.dirname, '../../fixtures/sd-tiny');
const enough = new Error('enough');
let work: string;
let alive: number;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'save-export-'));
  alive = 0;
});

afterEach(async () => {
  await rm(work, { recursive: true });
});

/** Networks whose files are their names; what their building does may be replaced. */
function pipelineExport(
  build: (name: NetworkName, scratchDir: string | undefined) => void = () => undefined,
): PipelineExport {
  const network = (name: NetworkName) => ({
    name,
    config: { _class_name: name },
    weightFiles: [],
    build: (scratchDir?: string) => {
      build(name, scratchDir);
      alive++;
      return Promise.resolve({
        serialize: async (xml: string, bin: string) => {
          await writeFile(xml, name);
          await writeFile(bin, name);
        },
        [Symbol.dispose]: () => alive--,
      } as unknown as Model);
    },
  });
  return {
    source: SD_TINY,
    index: { _class_name: 'StableDiffusionPipeline', scheduler: ['diffusers', 'PNDMScheduler'] },
    components: [network('text_encoder'), network('unet')],
  };
}

const readJson = async (...path: string[]): Promise<unknown> =>
  JSON.parse(await readFile(join(work, ...path), 'utf8'));

describe('saveExport', () => {
  it('writes each network with its configuration, and reports it', async () => {
    const events: unknown[] = [];
    await saveExport(pipelineExport(), join(work, 'to'), { onProgress: (event) => events.push(event) });
    expect(await readFile(join(work, 'to/unet/openvino_model.xml'), 'utf8')).toBe('unet');
    expect(await readFile(join(work, 'to/text_encoder/openvino_model.bin'), 'utf8')).toBe('text_encoder');
    expect(await readJson('to', 'unet', 'config.json')).toEqual({ _class_name: 'unet' });
    expect(events).toEqual([
      { component: 'text_encoder', done: 1, total: 2 },
      { component: 'unet', done: 2, total: 2 },
    ]);
    expect(alive).toBe(0);
  });

  it('writes the tokenizer, also as a network, and the scheduler as diffusers’ pipeline corrects it', async () => {
    await saveExport(pipelineExport(), join(work, 'to'));
    expect((await readdir(join(work, 'to/tokenizer'))).sort()).toEqual([
      'openvino_tokenizer.bin',
      'openvino_tokenizer.xml',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await readJson('to', 'scheduler', 'scheduler_config.json')).toMatchObject({
      _class_name: 'PNDMScheduler',
      steps_offset: 1,
    });
  });

  it('writes the scheduler that the export says, and names it in the index', async () => {
    const schedulerConfig = { _class_name: 'DDIMScheduler', beta_start: 0.001 };
    await saveExport({ ...pipelineExport(), schedulerConfig }, join(work, 'to'));
    expect(await readJson('to', 'scheduler', 'scheduler_config.json')).toEqual(schedulerConfig);
    expect(await readJson('to', 'model_index.json')).toMatchObject({
      scheduler: ['diffusers', 'DDIMScheduler'],
    });
  });

  it('corrects the scheduler of a folder, as diffusers does when it loads one', async () => {
    const schedulerConfig = { _class_name: 'DDIMScheduler', steps_offset: 0, clip_sample: true };
    await saveExport({ ...pipelineExport(), schedulerConfig, hasFolderScheduler: true }, join(work, 'to'));
    expect(await readJson('to', 'scheduler', 'scheduler_config.json')).toMatchObject({
      steps_offset: 1,
      clip_sample: false,
    });
  });

  it('converts weights on the target’s disk', async () => {
    const folders: (string | undefined)[] = [];
    const pipeline = pipelineExport((_, scratchDir) => folders.push(scratchDir));
    await saveExport(pipeline, join(work, 'to'));
    for (const folder of folders) expect(dirname(folder!)).toBe(work);
  });

  it('leaves nothing when a network cannot be built, and frees those that were', async () => {
    const pipeline = pipelineExport((name) => {
      if (name === 'unet') throw enough;
    });
    await expect(saveExport(pipeline, join(work, 'to'))).rejects.toBe(enough);
    expect(await readdir(work)).toEqual([]);
    expect(alive).toBe(0);
  });

  it('leaves nothing when it is aborted between two networks', async () => {
    const controller = new AbortController();
    const onProgress = () => {
      controller.abort(enough);
    };
    const saving = saveExport(pipelineExport(), join(work, 'to'), { onProgress, signal: controller.signal });
    await expect(saving).rejects.toBe(enough);
    expect(await readdir(work)).toEqual([]);
  });

  it.each([
    [{ overwrite: 'yes' }, 'INVALID_ARGUMENT', 'a boolean for overwrite'],
    [{ overWrite: true }, 'UNKNOWN_OPTION', "Did you mean 'overwrite'?"],
  ])('refuses %j before anything is written', async (options, code, message) => {
    await expect(saveExport(pipelineExport(), join(work, 'to'), options as never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    expect(await readdir(work)).toEqual([]);
  });
});
