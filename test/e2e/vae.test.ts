import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  exportPipeline,
  exportSingleFile,
  OVStableDiffusionPipeline,
  saveExport,
  type PipelineOptions,
  type SingleFileOptions,
} from '../../lib/index.js';
import tinyImage from '../fixtures/export/tiny-vae/image.json' with { type: 'json' };
import reference from '../fixtures/reference/vae_images.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import { checkpointOf, writeTensors } from '../support/checkpoints.js';
import { originalVae, writeOriginalVae } from '../support/vae-file.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const models = join(fixtures, 'export');
const sd1 = join(models, 'sd1');
const inpaintVae = join(models, 'inpaint/vae');
const exported = join(fixtures, 'sd-tiny');
const { prompt, seed, side, numInferenceSteps, guidanceScale, images } = reference;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'vae-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

const load = (folder: string, options: PipelineOptions = {}): Promise<OVStableDiffusionPipeline> =>
  OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32', ...options });

const loadFile = (path: string, options: SingleFileOptions = {}): Promise<OVStableDiffusionPipeline> =>
  OVStableDiffusionPipeline.fromSingleFile(path, { inferencePrecision: 'f32', config: sd1, ...options });

async function generate(pipeline: OVStableDiffusionPipeline): Promise<Uint8Array> {
  const options = { width: side, height: side, numInferenceSteps, guidanceScale, seed };
  const result = await pipeline.generate(prompt, { ...options, outputType: 'raw' });
  return result.images[0]!.data;
}

async function expectImage(pipeline: OVStableDiffusionPipeline, name: keyof typeof images): Promise<void> {
  await using loaded = pipeline;
  const expected = Buffer.from(images[name], 'base64');
  expect(psnr(await generate(loaded), expected)).toBeGreaterThanOrEqual(50);
}

/** A copy of a folder without some of its entries. */
async function copyWithout(folder: string, ...entries: string[]): Promise<string> {
  const copy = await mkdtemp(join(work, 'model-'));
  await cp(folder, copy, { recursive: true });
  for (const entry of entries) await rm(join(copy, entry), { recursive: true });
  return copy;
}

async function checkpoint(change: 'whole' | 'without VAE'): Promise<string> {
  const tensors = await checkpointOf('sd1');
  for (const key of tensors.keys()) {
    if (change === 'without VAE' && key.startsWith('first_stage_model.')) tensors.delete(key);
  }
  return writeTensors(join(work, `${change}.safetensors`), tensors);
}

describe("a VAE in place of the model's own generates diffusers' image", () => {
  it.each<[string, string, string, keyof typeof images]>([
    ["the VAE's own folder", sd1, inpaintVae, 'sd1 with the VAE of inpaint'],
    ['the folder of a model', sd1, join(models, 'inpaint'), 'sd1 with the VAE of inpaint'],
    ['for a model that predicts velocities', join(models, 'sd2'), sd1, 'sd2 with the VAE of sd1'],
    ['keys of older versions', sd1, join(models, 'vae-old-keys'), 'sd1 with vae-old-keys'],
    [
      "a file of diffusers' layout, its config.json beside it",
      sd1,
      join(inpaintVae, 'diffusion_pytorch_model.safetensors'),
      'sd1 with the VAE of inpaint',
    ],
  ])('%s', async (_, model, vae, name) => {
    await expectImage(await load(model, { vae }), name);
  });

  it.each(['in its folder', 'in one file', 'again when it is saved'])(
    'an AutoencoderTiny, %s',
    async (how) => {
      const tiny = join(models, 'tiny-vae');
      const vae = how === 'in one file' ? join(tiny, 'diffusion_pytorch_model.safetensors') : tiny;
      let pipeline = await load(sd1, { vae });
      if (how === 'again when it is saved') {
        const target = join(work, 'with-tiny-vae');
        await pipeline.savePretrained(target);
        await pipeline.dispose();
        pipeline = await load(target);
      }
      await using loaded = pipeline;
      expect(loaded.components).toMatchObject({ vaeScaleFactor: 2, scalingFactor: 1 });
      const pixels = Buffer.from(tinyImage.pixels, 'base64');
      expect(psnr(await generate(loaded), pixels)).toBeGreaterThanOrEqual(50);
    },
  );

  it.each(['', 'first_stage_model.', 'vae.'])("a file in the original layout, keys '%s…'", async (prefix) => {
    const vae = await writeOriginalVae(join(work, `${prefix}original.safetensors`), prefix);
    await expectImage(await load(sd1, { vae }), 'sd1 with the original layout');
  });

  it('a whole checkpoint', async () => {
    const tensors = await checkpointOf('sd2');
    for (const key of tensors.keys()) if (key.startsWith('first_stage_model.')) tensors.delete(key);
    const vae = await writeTensors(
      join(work, 'donor.safetensors'),
      new Map([...tensors, ...originalVae('first_stage_model.')]),
    );
    await expectImage(await load(sd1, { vae }), 'sd1 with the original layout');
  });

  it("networks in OpenVINO's layout", async () => {
    const vae = join(work, 'networks');
    await saveExport(await exportPipeline(join(models, 'inpaint')), vae);
    for (const name of ['unet', 'text_encoder', 'model_index.json']) {
      await rm(join(vae, name), { recursive: true });
    }
    await expectImage(await load(sd1, { vae }), 'sd1 with the VAE of inpaint');
    await expectImage(await loadFile(await checkpoint('whole'), { vae }), 'sd1 with the VAE of inpaint');
  });
});

describe('a model without a VAE', () => {
  it('loads with one: a checkpoint', async () => {
    const path = await checkpoint('without VAE');
    await expect(loadFile(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/no VAE.*option 'vae'/) as string,
    });
    await expectImage(await loadFile(path, { vae: inpaintVae }), 'sd1 with the VAE of inpaint');
  });

  it('loads with one: a checkpoint whose configurations have none either', async () => {
    const config = await copyWithout(sd1, 'vae');
    const pipeline = await loadFile(await checkpoint('without VAE'), { vae: inpaintVae, config });
    await expectImage(pipeline, 'sd1 with the VAE of inpaint');
  });

  it("loads with one: a folder in diffusers' layout, whatever its index names", async () => {
    const folder = await copyWithout(sd1, 'vae');
    const path = join(folder, 'model_index.json');
    const index = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...index, vae: ['diffusers', 'AsymmetricAutoencoderKL'] }));
    await expectImage(await load(folder, { vae: inpaintVae }), 'sd1 with the VAE of inpaint');
  });

  it("loads with one: a folder in OpenVINO's layout", async () => {
    const whole = join(work, 'whole-networks');
    await saveExport(await exportPipeline(sd1), whole);
    const folder = await copyWithout(whole, 'vae_decoder', 'vae_encoder');
    await expectImage(await load(folder, { vae: inpaintVae }), 'sd1 with the VAE of inpaint');
  });
});

describe('what applies to the VAE', () => {
  it('a weight format, even where the model is exported already', async () => {
    await using stored = await load(exported, { vae: inpaintVae });
    await using small = await load(exported, { vae: inpaintVae, weightFormat: 'int8' });
    const likeness = psnr(await generate(small), await generate(stored));
    expect(likeness).toBeGreaterThan(20);
    expect(likeness).toBeLessThan(Infinity);
  });

  it('a variant of its weights, and weights without one where there is none', async () => {
    const vae = await copyWithout(inpaintVae);
    const weights = join(vae, 'diffusion_pytorch_model');
    await rename(`${weights}.safetensors`, `${weights}.fp16.safetensors`);
    await expect(load(sd1, { vae })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('fp16') as string,
    });
    await expectImage(await load(sd1, { vae, variant: 'fp16' }), 'sd1 with the VAE of inpaint');
    await expect(load(exported, { vae, variant: 'ema' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await (await load(exported, { vae, variant: 'fp16' })).dispose();
  });

  it('options of an export are refused where neither the model nor the VAE is exported', async () => {
    const refused = { code: 'INVALID_ARGUMENT' };
    await expect(load(exported, { vae: exported, weightFormat: 'int8' })).rejects.toMatchObject(refused);
    await expect(load(exported, { vae: inpaintVae, clipSkip: 1 })).rejects.toMatchObject(refused);
  });

  it('the factor that keeps activations in the range of f16 follows the model', async () => {
    const target = join(work, 'scaled');
    await saveExport(await exportPipeline(join(models, 'sd2'), { vae: inpaintVae }), target);
    const xml = await readFile(join(target, 'vae_decoder/openvino_model.xml'), 'utf8');
    expect(xml).toMatch(/ACTIVATIONS_SCALE_FACTOR value="8\.0"/);
    await using pipeline = await load(exported, { vae: inpaintVae });
    await pipeline.savePretrained(join(work, 'unscaled'));
    const plain = await readFile(join(work, 'unscaled/vae_decoder/openvino_model.xml'), 'utf8');
    expect(plain).not.toContain('ACTIVATIONS_SCALE_FACTOR');
  });
});

describe('a model saved with its VAE replaced', () => {
  it.each<[string, string, string]>([
    ['weights by weights', sd1, inpaintVae],
    ['networks by weights', exported, inpaintVae],
    ['weights by networks', sd1, exported],
  ])('has the new one (%s)', async (name, model, vae) => {
    const target = join(work, name);
    await using pipeline = await load(model, { vae });
    await pipeline.savePretrained(target);
    await using again = await load(target, { export: false });
    expect(await generate(again)).toEqual(await generate(pipeline));
    expect(again.components.vaeEncoder).toBeDefined();
    const read = async (file: string): Promise<unknown> =>
      JSON.parse(await readFile(join(target, file), 'utf8'));
    expect(await read('model_index.json')).toMatchObject({ vae: ['diffusers', 'AutoencoderKL'] });
    expect(await read('vae_decoder/config.json')).toEqual(pipeline.components.vaeDecoder.source.config);
    expect((await readdir(target)).filter((entry) => entry.startsWith('vae')).sort()).toEqual([
      'vae_decoder',
      'vae_encoder',
    ]);
  });

  it('never replaces the folder or file that the VAE is read from', async () => {
    const weights = await copyWithout(inpaintVae);
    const donor = await copyWithout(exported, 'unet', 'text_encoder');
    const file = await writeOriginalVae(join(await mkdtemp(join(work, 'file-')), 'vae.safetensors'));
    for (const [vae, targets] of [
      [weights, [weights]],
      [donor, [donor, join(donor, 'vae_decoder'), join(donor, 'vae_encoder')]],
      [file, [join(file, '..')]],
    ] as const) {
      await using pipeline = await load(sd1, { vae });
      const pipelineExport = await exportPipeline(sd1, { vae });
      for (const target of targets) {
        const refused = { code: 'SAVE_FAILED' };
        await expect(pipeline.savePretrained(target, { overwrite: true })).rejects.toMatchObject(refused);
        await expect(saveExport(pipelineExport, target, { overwrite: true })).rejects.toMatchObject(refused);
      }
    }
  });

  it('is what exportSingleFile writes of a checkpoint without one', async () => {
    const target = join(work, 'exported-checkpoint');
    const path = await checkpoint('without VAE');
    await saveExport(await exportSingleFile(path, { vae: inpaintVae, config: sd1 }), target);
    await expectImage(await load(target), 'sd1 with the VAE of inpaint');
  });
});
