import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionPipeline, type PipelineOptions, type PipelineProgress } from '../../lib/index.js';
import reference from '../fixtures/reference/vae_images.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import { checkpointOf, writeTensors } from '../support/checkpoints.js';
import { FakeHub, faults, filesOf, type Files } from '../support/fake-hub.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const models = join(fixtures, 'export');
/** What stands beside the models for other tests. */
const isModel = /^(?!.*(expected|ports))/;
const WEIGHTS = 'diffusion_pytorch_model.safetensors';
const { prompt, seed, side, numInferenceSteps, guidanceScale, images } = reference;

let hub: FakeHub;
let home: string;

beforeAll(async () => {
  hub = await FakeHub.start();
  const add = (id: string, files: Files, ...refs: string[]): string =>
    hub.commit(id, id, files, 'main', ...refs);
  const vae = await filesOf(join(models, 'inpaint/vae'), isModel);
  const weights = vae[WEIGHTS]!;
  const model = await filesOf(join(models, 'sd1'), isModel);
  add('org/sd1', model, 'v1');
  add('org/no-vae', Object.fromEntries(Object.entries(model).filter(([name]) => !name.startsWith('vae/'))));
  add('org/exported', await filesOf(join(fixtures, 'sd-tiny'), isModel));
  add('org/vae', { 'README.md': '# A VAE', 'diffusion_pytorch_model.bin': weights, ...vae });
  add('org/donor', await filesOf(join(models, 'inpaint'), isModel));
  add('org/half', {
    'config.json': vae['config.json']!,
    'diffusion_pytorch_model.fp16.safetensors': weights,
  });
  add('org/tiny', { 'config.json': '{"_class_name": "AsymmetricAutoencoderKL"}', [WEIGHTS]: weights });
  add('org/pickle', { 'config.json': vae['config.json']!, 'diffusion_pytorch_model.bin': weights });
  add('org/original', { 'vae-ft-mse.safetensors': weights });
  add('org/bare', { [WEIGHTS]: weights });
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
  hub.faults.length = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const load = (model: string, options: PipelineOptions): Promise<OVStableDiffusionPipeline> =>
  OVStableDiffusionPipeline.fromPretrained(model, { inferencePrecision: 'f32', ...options });

async function expectImage(pipeline: OVStableDiffusionPipeline): Promise<void> {
  await using loaded = pipeline;
  const options = { width: side, height: side, numInferenceSteps, guidanceScale, seed };
  const result = await loaded.generate(prompt, { ...options, outputType: 'raw' });
  const expected = Buffer.from(images['sd1 with the VAE of inpaint'], 'base64');
  expect(psnr(result.images[0]!.data, expected)).toBeGreaterThanOrEqual(50);
}

/** The files of a repository that were downloaded. */
function downloaded(id: string): string[] {
  const files = hub.requests.flatMap(({ path }) => {
    const [, file] = /\/resolve\/[^/]+\/(.+)$/.exec(path) ?? [];
    return path.startsWith(`/${id}/`) && file !== undefined ? [file] : [];
  });
  return [...new Set(files)].sort();
}

describe('the VAE of a repository', () => {
  it.each([
    ['org/vae', ['config.json', WEIGHTS]],
    ['org/donor', ['vae/config.json', `vae/${WEIGHTS}`]],
  ])("generates diffusers' image, and only its files are downloaded (%s)", async (vae, files) => {
    await expectImage(await load('org/sd1', { vae }));
    expect(downloaded(vae)).toEqual(files);
    // Nor is the VAE that it replaces.
    expect(downloaded('org/sd1').filter((file) => file.startsWith('vae/'))).toEqual([]);
    hub.requests.length = 0;
    await expectImage(await load('org/sd1', { vae, localFilesOnly: true }));
    expect(hub.requests).toEqual([]);
  });

  it("may be networks in OpenVINO's layout", async () => {
    await (await load(join(models, 'sd1'), { vae: 'org/exported' })).dispose();
    expect(downloaded('org/exported')).toEqual(
      // The encoder's config.json is the same blob.
      ['vae_decoder/config.json'].concat(
        ['vae_decoder', 'vae_encoder'].flatMap((name) => [
          `${name}/openvino_model.bin`,
          `${name}/openvino_model.xml`,
        ]),
      ),
    );
  });

  it('completes a model that has none, and a checkpoint', async () => {
    await expectImage(await load('org/no-vae', { vae: 'org/vae' }));
    const tensors = await checkpointOf('sd1');
    for (const key of tensors.keys()) if (key.startsWith('first_stage_model.')) tensors.delete(key);
    const path = await writeTensors(join(home, 'checkpoint.safetensors'), tensors);
    const options = { inferencePrecision: 'f32', config: join(models, 'sd1'), vae: 'org/vae' } as const;
    await expectImage(await OVStableDiffusionPipeline.fromSingleFile(path, options));
    hub.requests.length = 0;
    await expectImage(
      await OVStableDiffusionPipeline.fromSingleFile(path, { ...options, localFilesOnly: true }),
    );
    expect(hub.requests).toEqual([]);
  });

  it('is of its branch main, whatever revision the model is of', async () => {
    await expectImage(await load('org/sd1', { vae: 'org/vae', revision: 'v1' }));
  });

  it('may have the variant that the model lacks, and lack the one it has', async () => {
    await expectImage(await load('org/sd1', { vae: 'org/half', variant: 'fp16' }));
    expect(downloaded('org/half')).toContain('diffusion_pytorch_model.fp16.safetensors');
    await (await load('org/exported', { vae: 'org/half', variant: 'fp16' })).dispose();
  });

  it('is taken out of the cache of a model that is there', async () => {
    await (await load('org/sd1', {})).dispose();
    hub.requests.length = 0;
    await (await load('org/exported', { vae: 'org/sd1' })).dispose();
    expect(downloaded('org/sd1')).toEqual([]);
  });

  it('is downloaded before the model, and reported', async () => {
    const events: PipelineProgress[] = [];
    await (await load('org/sd1', { vae: 'org/donor', onProgress: (event) => events.push(event) })).dispose();
    const files = events.flatMap((event) => (event.phase === 'download' ? [event.file] : []));
    expect(files.indexOf(`vae/${WEIGHTS}`)).toBeGreaterThanOrEqual(0);
    expect(files.indexOf(`vae/${WEIGHTS}`)).toBeLessThan(files.indexOf(`unet/${WEIGHTS}`));
  });

  it('is saved as files, without the cache', async () => {
    const target = join(home, 'saved');
    const pipeline = await load('org/sd1', { vae: 'org/exported' });
    await pipeline.savePretrained(target);
    await pipeline.dispose();
    await rm(join(home, 'hub'), { recursive: true });
    expect(await readFile(join(target, 'vae_decoder/openvino_model.bin'))).toEqual(
      await readFile(join(fixtures, 'sd-tiny/vae_decoder/openvino_model.bin')),
    );
    await (await load(target, {})).dispose();
  });
});

describe('before the model is downloaded', () => {
  it.each<[string, string, string, RegExp, PipelineOptions?]>([
    ['a VAE of another class', 'org/tiny', 'UNSUPPORTED', /AsymmetricAutoencoderKL/],
    ['a VAE of pickles', 'org/pickle', 'UNSUPPORTED', /pickle/],
    ['a variant alone', 'org/half', 'MODEL_NOT_FOUND', /'fp16' \(option 'variant'\)/],
    ['a file in the original layout', 'org/original', 'MODEL_NOT_FOUND', /Download a single file/],
    ['a variant that neither has', 'org/vae', 'MODEL_NOT_FOUND', /no 'ema' weights/, { variant: 'ema' }],
    ['weights without a config.json', 'org/bare', 'MODEL_NOT_FOUND', /no config\.json/],
    ['an id that nobody has', 'org/nothing', 'HUB_NOT_FOUND', /no folder org\/nothing.*on the hub/],
    ['a path that is not there', './org/vae', 'MODEL_NOT_FOUND', /no file or folder \.\/org\/vae/],
    ['a file that is not there', 'org/vae.safetensors', 'MODEL_NOT_FOUND', /vae\.safetensors/],
    ['a pickle', 'vae.pt', 'UNSUPPORTED', /pickle/],
  ])('%s is refused', async (_, vae, code, message, options) => {
    await expect(load('org/sd1', { vae, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    const weights = /\.(safetensors|bin)$/;
    expect(downloaded('org/sd1').filter((file) => weights.test(file))).toEqual([]);
    if (options?.variant === undefined) {
      expect(downloaded(vae).filter((file) => weights.test(file))).toEqual([]);
    }
  });

  it('a VAE that is not in the cache is refused with localFilesOnly', async () => {
    await (await load('org/sd1', {})).dispose();
    await expect(load('org/sd1', { vae: 'org/vae', localFilesOnly: true })).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
    });
  });

  it('a download of a VAE that was cut off is none', async () => {
    hub.faults.push({ at: WEIGHTS, act: faults.status(404) });
    await expect(load('org/sd1', { vae: 'org/vae' })).rejects.toThrow();
    hub.faults.length = 0;
    await expect(load('org/sd1', { vae: 'org/vae', localFilesOnly: true })).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
    });
  });
});
