import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionPipeline, type PipelineProgress } from '../../../lib/pipelines/index.js';
import { DDIMScheduler, EulerDiscreteScheduler } from '../../../lib/schedulers/index.js';
import { fakeNetworks, unetNetwork, unetPorts, type FakeNetworks } from '../../support/fake-components.js';
import { port } from '../../support/fake-network.js';
import { isFreed } from '../../support/fake-pipeline.js';
import { sharedCore } from '../../support/fake-runtime.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

/** Its files are real; what the fake runtime reads of its networks is not. */
const SD_TINY = join(import.meta.dirname, '../../fixtures/sd-tiny');
const enough = new Error('enough');
let networks: FakeNetworks;
let folder: string;

function readable(own: Partial<FakeNetworks>): void {
  networks = { ...fakeNetworks(), ...own };
  sharedCore().networks.clear();
  for (const [name, network] of Object.entries(networks)) sharedCore().networks.set(name, network);
}

beforeEach(async () => {
  readable({});
  folder = await mkdtemp(join(tmpdir(), 'load-'));
  await cp(SD_TINY, folder, { recursive: true });
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const write = (path: string, content: object) => writeFile(join(folder, path), JSON.stringify(content));
const load = (options = {}) => OVStableDiffusionPipeline.fromPretrained(folder, options);

describe('loading a folder', () => {
  it('reads its components and reports each, and compiles nothing', async () => {
    const events: PipelineProgress[] = [];
    await using pipeline = await load({ onProgress: (event: PipelineProgress) => events.push(event) });
    expect(events.map((event) => (event.phase === 'read' ? event.component : event.phase))).toEqual([
      'tokenizer',
      'text_encoder',
      'unet',
      'vae_decoder',
      'vae_encoder',
    ]);
    expect(pipeline.components).toMatchObject({ name: folder, vaeScaleFactor: 2, sampleSize: 16 });
    expect(Object.values(networks).flatMap(({ compilations }) => compilations)).toEqual([]);
    await pipeline.compile();
    expect(events.slice(5).map(({ phase }) => phase)).toEqual(['compile', 'compile', 'compile']);
  });

  it('compiles as its options say', async () => {
    await using pipeline = await load({ device: 'GPU', ovConfig: { NUM_STREAMS: 1 }, strictShapes: true });
    await pipeline.reshape({ height: 16, width: 16 });
    expect(networks.unet.compilations[0]).toMatchObject({
      device: 'GPU',
      properties: { PERFORMANCE_HINT: 'LATENCY', NUM_STREAMS: 1 },
    });
    await expect(pipeline.generate('a', { height: 32 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });

  it('keeps as many compiled shapes as its options say', async () => {
    await using pipeline = await load({ maxCompiledShapes: 1 });
    await pipeline.reshape({ height: 16, width: 16 });
    await pipeline.generate('a', { height: 32, width: 32, numInferenceSteps: 1, outputType: 'latent' });
    expect(pipeline.components.unet.has({ batch: 2, height: 8, width: 8, tokens: 77 })).toBe(false);
  });

  it('generates', async () => {
    await using pipeline = await load();
    const { images } = await pipeline.generate('a', { numInferenceSteps: 2, seed: 1 });
    expect(images.map(({ width, height }) => [width, height])).toEqual([[32, 32]]);
  });

  it('frees all when it is disposed', async () => {
    const pipeline = await load();
    await pipeline.generate('a', { numInferenceSteps: 1 });
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });
});

describe('the scheduler', () => {
  it('is the model’s own, corrected as by diffusers', async () => {
    await using pipeline = await load();
    expect(pipeline.scheduler.className).toBe('PNDMScheduler');
    expect(pipeline.scheduler.config).toMatchObject({ stepsOffset: 1 });
  });

  it('is one that is given', async () => {
    const scheduler = new EulerDiscreteScheduler({ stepsOffset: 1 });
    await using pipeline = await load({ scheduler });
    expect(pipeline.scheduler).toBe(scheduler);
  });

  it('is of a class that is given, with the model’s configuration', async () => {
    await write('scheduler/scheduler_config.json', { _class_name: 'PNDMScheduler', beta_start: 0.002 });
    await using pipeline = await load({ scheduler: DDIMScheduler });
    expect(pipeline.scheduler).toBeInstanceOf(DDIMScheduler);
    expect(pipeline.scheduler.config).toMatchObject({ betaStart: 0.002 });
  });

  it('of a class that is given has that class’s defaults where the model has none', async () => {
    await rm(join(folder, 'scheduler'), { recursive: true });
    await using pipeline = await load({ scheduler: EulerDiscreteScheduler });
    expect(pipeline.scheduler.config).toMatchObject({ betaStart: 0.0001 });
  });

  it('that is given makes up for one that is missing or not supported', async () => {
    await write('scheduler/scheduler_config.json', { _class_name: 'NoSuchScheduler' });
    await expect(load()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('NoSuchScheduler') as string,
    });
    await using first = await load({ scheduler: new DDIMScheduler() });
    await using second = await load({ scheduler: DDIMScheduler });
    await rm(join(folder, 'scheduler'), { recursive: true });
    await expect(load()).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await using third = await load({ scheduler: new DDIMScheduler() });
    for (const { scheduler } of [first, second, third]) expect(scheduler.className).toBe('DDIMScheduler');
  });

  it('of a class that is given is refused with a configuration that is broken', async () => {
    await writeFile(join(folder, 'scheduler/scheduler_config.json'), '{');
    await expect(load({ scheduler: DDIMScheduler })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(isFreed(networks)).toBe(true);
  });
});

describe('a model is refused', () => {
  it.each(['OVLatentConsistencyModelPipeline', 'StableDiffusionInpaintPipeline', 'OVFluxPipeline'])(
    'that is a %s, before its networks are read',
    async (name) => {
      await write('model_index.json', { _class_name: name });
      await expect(load()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(name) as string,
      });
      expect(isFreed(networks)).toBe(true);
    },
  );

  it('whose network the runtime cannot read, and what was read before is freed', async () => {
    sharedCore().networks.delete('vae_decoder');
    await expect(load()).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('vae_decoder') as string,
    });
    expect(isFreed(networks)).toBe(true);
  });

  it('whose components do not fit, and they are freed', async () => {
    const ports = unetPorts({ sample: port('sample', [-1, 9, -1, -1]) });
    readable({ unet: unetNetwork(undefined, ports) });
    await expect(load()).rejects.toMatchObject({ code: 'INCOMPATIBLE_COMPONENTS' });
    expect(isFreed(networks)).toBe(true);
  });

  it('where there is no folder', async () => {
    await expect(OVStableDiffusionPipeline.fromPretrained(join(folder, 'none'))).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });

  it('with options of an export where it is exported already', async () => {
    await expect(load({ weightFormat: 'int8' })).rejects.toThrow("The option 'weightFormat' applies when");
  });
});

describe('an abort', () => {
  it('ends loading between two components, and frees what was read', async () => {
    const controller = new AbortController();
    const loading = load({
      signal: controller.signal,
      onProgress: (event: PipelineProgress) => {
        if (event.phase === 'read' && event.component === 'unet') controller.abort(enough);
      },
    });
    await expect(loading).rejects.toBe(enough);
    expect(isFreed(networks)).toBe(true);
  });

  it('before loading reads nothing', async () => {
    await expect(load({ signal: AbortSignal.abort(enough) })).rejects.toBe(enough);
    expect(isFreed(networks)).toBe(true);
  });
});

describe('the safety checker', () => {
  const named = {
    _class_name: 'StableDiffusionPipeline',
    safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
  };

  it('that is named and missing is a warning, and null leaves it out with that of images that are not checked', async () => {
    await write('model_index.json', named);
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await using first = await load();
    expect(warning.mock.calls.map(([, options]) => options)).toMatchObject([{ code: 'COMPONENT_MISSING' }]);
    warning.mockClear();
    await using second = await load({ safetyChecker: null });
    expect(warning.mock.calls.map(([, options]) => options)).toMatchObject([
      { code: 'SAFETY_CHECKER_DISABLED' },
    ]);
    warning.mockClear();
    await write('model_index.json', { ...named, requires_safety_checker: false });
    await using third = await load({ safetyChecker: null });
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
    for (const { components } of [first, second, third]) {
      expect(components.model.networks.map(({ name }) => name)).not.toContain('safety_checker');
    }
  });
});

it('a model of another pipeline is refused by its class, whatever of its files is missing', async () => {
  await write('model_index.json', { _class_name: 'FluxPipeline' });
  await rm(join(folder, 'unet'), { recursive: true });
  for (const options of [{}, { export: true }, { export: false }]) {
    await expect(load(options)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('FluxPipeline') as string,
    });
  }
});

it('a checkpoint that is a pickle is refused', async () => {
  const checkpoint = (name: string) => OVStableDiffusionPipeline.fromSingleFile(join(folder, name));
  await writeFile(join(folder, 'old.ckpt'), '');
  await expect(checkpoint('old.ckpt')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
