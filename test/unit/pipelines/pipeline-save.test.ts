import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { VaeDecoder } from '../../../lib/components/index.js';
import { OVStableDiffusionPipeline } from '../../../lib/pipelines/index.js';
import { DDIMScheduler, EulerDiscreteScheduler } from '../../../lib/schedulers/index.js';
import {
  fakeComponents,
  fakeModel,
  fakeNetworks,
  fakeSettings,
  fakeSource,
  VAE_CONFIG,
  vaeDecoderNetwork,
} from '../../support/fake-components.js';
import { textEncoderNetwork } from '../../support/fake-components.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const enough = new Error('enough');
let work: string;
let pipeline: OVStableDiffusionPipeline;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'pipeline-save-'));
  const networks = fakeNetworks();
  const source = join(work, 'source');
  await mkdir(source);
  const model = fakeModel(networks, { path: source });
  const safetyChecker = fakeSource('safety_checker', textEncoderNetwork(), {}, source);
  const components = await fakeComponents(networks, fakeSettings(), {
    ...model,
    networks: [...model.networks, safetyChecker],
  });
  pipeline = new OVStableDiffusionPipeline(components, new DDIMScheduler());
});

afterEach(async () => {
  await pipeline.dispose();
  await rm(work, { recursive: true });
});

const read = (...path: string[]) => readFile(join(work, ...path), 'utf8');

describe('savePretrained', () => {
  it('writes every network of the model, those too that the pipeline does not use', async () => {
    const events: unknown[] = [];
    await pipeline.savePretrained(join(work, 'to'), {
      onProgress: ({ component }) => events.push(component),
    });
    expect(events).toEqual(['text_encoder', 'unet', 'vae_decoder', 'vae_encoder', 'safety_checker']);
    for (const name of events as string[]) expect(await read('to', name, 'saved-from')).toContain('source');
    expect(await readdir(join(work, 'to/tokenizer'))).toContain('tokenizer.json');
  });

  it('writes the scheduler that the pipeline has then', async () => {
    pipeline.scheduler = new EulerDiscreteScheduler({ betaStart: 0.002 });
    await pipeline.savePretrained(join(work, 'to'));
    expect(JSON.parse(await read('to/scheduler/scheduler_config.json'))).toMatchObject({
      _class_name: 'EulerDiscreteScheduler',
      beta_start: 0.002,
    });
    expect(JSON.parse(await read('to/model_index.json'))).toEqual({
      _class_name: 'StableDiffusionPipeline',
      scheduler: ['diffusers', 'EulerDiscreteScheduler'],
    });
  });

  it('writes the components that the pipeline has, in place of the model’s', async () => {
    const other = join(work, 'other');
    await mkdir(other);
    const vaeDecoder = await VaeDecoder.read(
      fakeSource('vae_decoder', vaeDecoderNetwork(), VAE_CONFIG, other),
      fakeSettings(),
    );
    await using swapped = new OVStableDiffusionPipeline(
      { ...pipeline.components, vaeDecoder },
      pipeline.scheduler,
    );
    await swapped.savePretrained(join(work, 'to'));
    expect(await read('to/vae_decoder/saved-from')).toBe(other);
    expect(await read('to/unet/saved-from')).toBe(join(work, 'source'));
    await expect(swapped.savePretrained(other, { overwrite: true })).rejects.toMatchObject({
      code: 'SAVE_FAILED',
    });
  });

  it.each(['unet', 'vae_decoder', 'tokenizer'])('never replaces a folder of the model: %s', async (name) => {
    const own = join(work, 'source', name);
    await mkdir(own, { recursive: true });
    await expect(pipeline.savePretrained(own, { overwrite: true })).rejects.toMatchObject({
      code: 'SAVE_FAILED',
    });
    expect(await readdir(join(work, 'source'))).toContain(name);
  });

  it('leaves a folder that exists as it is, unless it may be replaced', async () => {
    await mkdir(join(work, 'to/mine'), { recursive: true });
    await expect(pipeline.savePretrained(join(work, 'to'))).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    expect(await readdir(join(work, 'to'))).toEqual(['mine']);
    await pipeline.savePretrained(join(work, 'to'), { overwrite: true });
    expect(await readdir(join(work, 'to'))).not.toContain('mine');
  });

  it('leaves nothing when it is aborted', async () => {
    const controller = new AbortController();
    const onProgress = () => {
      controller.abort(enough);
    };
    const saving = pipeline.savePretrained(join(work, 'to'), { onProgress, signal: controller.signal });
    await expect(saving).rejects.toBe(enough);
    expect(await readdir(work)).toEqual(['source']);
  });

  it.each([undefined, null, '', 5])('needs a path, not %j', async (target) => {
    await expect(pipeline.savePretrained(target as never)).rejects.toThrow('a path for target');
  });
});
