import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  OVDiffusionPipeline,
  OVStableDiffusionImg2ImgPipeline,
  OVStableDiffusionInpaintPipeline,
  OVStableDiffusionPipeline,
  parseParameters,
  readParameters,
  type InpaintGenerateOptions,
} from '../../lib/index.js';
import { Core } from '../../lib/runtime/index.js';
import { maskOf, sourceImage } from '../support/image-inputs.js';

const models = join(import.meta.dirname, '../fixtures/export');
const image = sourceImage(32, 24, 3);
const maskImage = maskOf([32, 24], [8, 6, 25, 20]);
const few = { numInferenceSteps: 4, seed: 1, guidanceScale: 1 } as const;

let text: OVStableDiffusionPipeline;
let folder: string;
beforeAll(async () => {
  text = await OVStableDiffusionPipeline.fromPretrained(join(models, 'sd1'), { inferencePrecision: 'f32' });
  folder = await mkdtemp(join(tmpdir(), 'image-pipelines-'));
});
afterAll(async () => {
  await text.dispose();
  await rm(folder, { recursive: true });
});

describe('pipelines over one model', () => {
  it('share its networks: a size is compiled once for text, image to image and inpainting', async () => {
    const compile = vi.spyOn(Core.prototype, 'compileModel');
    const read = vi.spyOn(Core.prototype, 'readModel');
    await text.generate('a', { ...few, width: 32, height: 24 });
    const before = compile.mock.calls.length;
    await using toImage = OVStableDiffusionImg2ImgPipeline.fromPipe(text);
    await toImage.generate('a', { ...few, image });
    expect(compile.mock.calls.length - before).toBe(1); // the VAE's encoder
    await using inpaint = OVStableDiffusionInpaintPipeline.fromPipe(toImage);
    await inpaint.generate('a', { ...few, image, maskImage, width: 32, height: 24 });
    await using back = OVStableDiffusionPipeline.fromPipe(inpaint);
    await back.generate('a', { ...few, width: 32, height: 24 });
    expect(compile.mock.calls.length - before).toBe(1);
    expect(read.mock.calls.length).toBe(0);
    expect(inpaint.components.unet).toBe(text.components.unet);
  });

  it('refuse a UNet that is for another pipeline', async () => {
    await using inpaint = await OVStableDiffusionInpaintPipeline.fromPretrained(join(models, 'inpaint'));
    expect(inpaint.components.isInpaintingModel).toBe(true);
    const code = expect.objectContaining({ code: 'INCOMPATIBLE_COMPONENTS' }) as Error;
    expect(() => OVStableDiffusionPipeline.fromPipe(inpaint)).toThrow(code);
    expect(() => OVStableDiffusionImg2ImgPipeline.fromPipe(inpaint)).toThrow(code);
  });

  it('are picked by the model', async () => {
    await using inpaint = await OVDiffusionPipeline.fromPretrained(join(models, 'inpaint'));
    expect(inpaint).toBeInstanceOf(OVStableDiffusionInpaintPipeline);
    await using plain = await OVDiffusionPipeline.fromPretrained(join(models, 'sd1'));
    expect(plain).toBeInstanceOf(OVStableDiffusionPipeline);
    await using toImage = OVStableDiffusionImg2ImgPipeline.fromPipe(text);
    const saved = join(folder, 'saved');
    await toImage.savePretrained(saved);
    const index = JSON.parse(await readFile(join(saved, 'model_index.json'), 'utf8')) as object;
    expect(index).toMatchObject({ _class_name: 'OVStableDiffusionImg2ImgPipeline' });
    await using again = await OVDiffusionPipeline.fromPretrained(saved, { inferencePrecision: 'f32' });
    expect(again).toBeInstanceOf(OVStableDiffusionImg2ImgPipeline);
    const [expected, received] = await Promise.all(
      [toImage, again].map((pipeline) => pipeline.generate('a', { ...few, image, outputType: 'raw' })),
    );
    expect(received!.images).toEqual(expected!.images);
  });
});

describe('inpainting', () => {
  it('changes nothing outside the mask with applyOverlay, and says in the image how it was made', async () => {
    await using inpaint = OVStableDiffusionInpaintPipeline.fromPipe(text);
    const options = { ...few, image, maskImage, width: 32, height: 24, strength: 0.75, applyOverlay: true };
    const [made] = (await inpaint.generate('a', options)).images;
    const outside = [...maskImage.data.keys()].filter((i) => maskImage.data[i] === 0);
    const at = (data: Uint8Array) => outside.flatMap((i) => [...data.subarray(i * 3, i * 3 + 3)]);
    expect(at(made!.data)).toEqual(at(image.data));
    expect(Buffer.compare(made!.data, image.data)).not.toBe(0);
    const cropped = { ...options, maskBlur: 2, paddingMaskCrop: 4 };
    const [part] = (await inpaint.generate('a', cropped)).images;
    const written = await readParameters(await part!.toBuffer('png'));
    expect(parseParameters(written ?? '')).toMatchObject({
      strength: 0.75,
      otherFields: { 'Mask blur': '2' },
    });
    expect(part!.parameters).toMatchObject({
      strength: 0.75,
      otherFields: { 'Mask blur': '2', 'Inpaint area': 'Only masked', 'Masked area padding': '4' },
    });
  });

  it('takes the mask from transparent parts', async () => {
    await using inpaint = OVStableDiffusionInpaintPipeline.fromPipe(text);
    const data = new Uint8Array(32 * 24 * 4);
    maskImage.data.forEach((level, i) => {
      data.set([...image.data.subarray(i * 3, i * 3 + 3), 255 - level], i * 4);
    });
    const options = { ...few, width: 32, height: 24, outputType: 'raw' } as const;
    const hole = { data, width: 32, height: 24, channels: 4 } as const;
    const byAlpha = await inpaint.generate('a', { ...options, image: hole });
    const byMask = await inpaint.generate('a', { ...options, image, maskImage });
    expect(byAlpha.images).toEqual(byMask.images);
  });

  const wrong: [string, Partial<InpaintGenerateOptions>, string][] = [
    ['no mask', { maskImage: undefined }, 'INVALID_ARGUMENT'],
    ['a URL as mask', { maskImage: 'https://example.com/a.png' }, 'INVALID_ARGUMENT'],
    ['a missing file', { image: '/no/such.png' }, 'INVALID_ARGUMENT'],
    ['strength 2', { strength: 2 }, 'INVALID_ARGUMENT'],
    ['a strength without a step', { strength: 0.1 }, 'INVALID_ARGUMENT'],
    ['a blur below 0', { maskBlur: -1 }, 'INVALID_ARGUMENT'],
    ['a crop of no integer', { paddingMaskCrop: 1.5 }, 'INVALID_ARGUMENT'],
    [
      'a crop to a black mask',
      { paddingMaskCrop: 4, maskImage: maskOf([32, 24], [0, 0, 0, 0]) },
      'INVALID_ARGUMENT',
    ],
    ['a crop of latents', { paddingMaskCrop: 4, outputType: 'latent' }, 'INVALID_ARGUMENT'],
    ['another resize mode', { resizeMode: 'stretch' as never }, 'INVALID_ARGUMENT'],
    ['a slip of the finger', { mask: maskImage } as object, 'UNKNOWN_OPTION'],
    ['three images for one', { image: [image, image, image] }, 'INVALID_ARGUMENT'],
    [
      'latents of three channels',
      { image: { data: new Float32Array(9), shape: [1, 3, 1, 3] } },
      'SHAPE_MISMATCH',
    ],
  ];
  it.each(wrong)('refuses %s and stays usable', async (_, change, code) => {
    await using inpaint = OVStableDiffusionInpaintPipeline.fromPipe(text);
    const options = { ...few, image, maskImage, width: 32, height: 24 };
    await expect(inpaint.generate('a', { ...options, ...change })).rejects.toMatchObject({ code });
    expect((await inpaint.generate('a', options)).images).toHaveLength(1);
  });
});

describe('latents', () => {
  it('are decoded inside onStep and after, and encoded images start image to image', async () => {
    await using toImage = OVStableDiffusionImg2ImgPipeline.fromPipe(text);
    const shape = [1, 4, 12, 16];
    const sizes = new Set<string>();
    let steps = 0;
    const { latents } = await text.generate('a', {
      ...few,
      ...{ width: 32, height: 24, outputType: 'latent' },
      onStep: async ({ latents: data }) => {
        const [step] = await text.decode({ data, shape });
        sizes.add(`${step!.width}x${step!.height}`);
        steps++;
      },
    });
    expect([...sizes]).toEqual(['32x24']);
    expect(steps).toBeGreaterThanOrEqual(4);
    const [decoded] = await text.decode(latents);
    const [expected] = (await text.generate('a', { ...few, width: 32, height: 24 })).images;
    expect(Buffer.compare(decoded!.data, expected!.data)).toBe(0);

    const encoded = await text.encode(image);
    expect(encoded.shape).toEqual(shape);
    expect(await text.encode(image)).toEqual(encoded);
    expect((await text.encode(image, { seed: 1 })).data).not.toEqual(encoded.data);
    expect((await toImage.generate('a', { ...few, image: encoded })).images[0]).toMatchObject({ width: 32 });
    await expect(text.decode({ data: new Float32Array(3), shape })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });
});
