import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionPipeline, type PipelineOptions, type PipelineProgress } from '../../lib/index.js';
import { FakeHub, filesOf } from '../support/fake-hub.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const models = { 'org/sd1': join(fixtures, 'export/sd1'), 'org/exported': join(fixtures, 'sd-tiny') };
const xl = join(fixtures, 'export/sdxl');
/** What stands beside the models for other tests. */
const isModel = /^(?!.*(expected|ports))/;

let hub: FakeHub;
let home: string;

beforeAll(async () => {
  hub = await FakeHub.start();
  for (const [id, folder] of Object.entries({ ...models, 'org/xl': xl })) {
    hub.commit(id, id, await filesOf(folder, isModel), 'main');
  }
});

afterAll(async () => {
  await hub[Symbol.asyncDispose]();
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-'));
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, '');
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  hub.requests.length = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

async function load(model: string, options: PipelineOptions = {}): Promise<OVStableDiffusionPipeline> {
  return OVStableDiffusionPipeline.fromPretrained(model, { inferencePrecision: 'f32', ...options });
}

async function latentsOf(pipeline: OVStableDiffusionPipeline): Promise<Float32Array> {
  const options = { width: 32, height: 32, numInferenceSteps: 4, seed: 1, outputType: 'latent' } as const;
  return (await pipeline.generate('a red circle', options)).latents.data;
}

describe('fromPretrained with the id of a model on the hub', () => {
  it.each(Object.entries(models))('generates as from the folder (%s)', async (id, folder) => {
    await using fromFolder = await load(folder);
    await using fromHub = await load(id);
    expect(await latentsOf(fromHub)).toEqual(await latentsOf(fromFolder));
    expect(fromHub.components.name).toBe(id);
  });

  it('exports weights when asked, and generates the same without the hub afterwards', async () => {
    await using fromHub = await load('org/sd1', { export: true });
    hub.requests.length = 0;
    await using again = await load('org/sd1', { export: true, localFilesOnly: true });
    expect(hub.requests).toEqual([]);
    expect(await latentsOf(again)).toEqual(await latentsOf(fromHub));
  });

  it('reports the download before the components', async () => {
    const events: PipelineProgress[] = [];
    const pipeline = await load('org/sd1', { onProgress: (progress) => events.push(progress) });
    await pipeline.dispose();
    const phases = events.map(({ phase }) => phase);
    expect(phases.lastIndexOf('download')).toBeLessThan(phases.indexOf('read'));
    const downloads = events.filter((progress) => progress.phase === 'download');
    const last = downloads.at(-1)!;
    expect([last.bytes, last.filesDone]).toEqual([last.totalBytes, last.files]);
  });

  it('saves a folder of files, not of links into the cache', async () => {
    const target = join(home, 'saved');
    await using fromHub = await load('org/exported');
    await fromHub.savePretrained(target);
    const saved = await readdir(target, { recursive: true, withFileTypes: true });
    expect(saved.filter((entry) => entry.isSymbolicLink())).toEqual([]);
    await rm(join(home, 'hub'), { recursive: true });
    await using fromFolder = await load(target);
    expect(await latentsOf(fromFolder)).toEqual(await latentsOf(fromHub));
  });

  it('puts the cache where hubCacheDir says', async () => {
    const hubCacheDir = join(home, 'elsewhere');
    await (await load('org/exported', { hubCacheDir })).dispose();
    expect(await readdir(hubCacheDir)).toContain('models--org--exported');
    expect(await readdir(home)).toEqual(['elsewhere']);
  });

  it('does not download a model that no pipeline here can run', async () => {
    await expect(load('org/xl')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(hub.requests.map(({ path }) => path).filter((path) => path.includes('safetensors'))).toEqual([]);
  });

  it('mentions the folder too when there is neither', async () => {
    await expect(load('org/nothing')).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      message: expect.stringMatching(/no folder org\/nothing.*no model org\/nothing on the hub/) as string,
    });
  });

  it.each(['./org/sd1', '/org/sd1', '../sd1', 'org/sd1/unet', 'C:\\sd1'])(
    'takes %s for a folder, and asks nobody',
    async (path) => {
      await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
      expect(hub.requests).toEqual([]);
    },
  );

  it('ends with the signal’s reason while it downloads', async () => {
    const controller = new AbortController();
    const onProgress = (): void => {
      controller.abort(new Error('enough'));
    };
    await expect(load('org/sd1', { signal: controller.signal, onProgress })).rejects.toThrow('enough');
  });

  it('does not quote a token that is none', async () => {
    await expect(load('org/sd1', { token: 'se cret' })).rejects.toSatisfy(
      (error: Error) => error.name === 'InvalidArgumentError' && !error.message.includes('cret'),
    );
  });
});
