import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createScheduler,
  OVDiffusionPipeline,
  OVStableDiffusionXLImg2ImgPipeline,
  OVStableDiffusionXLInpaintPipeline,
  OVStableDiffusionXLPipeline,
  type AnyGenerateOptions,
} from '../../lib/index.js';
import cases from '../fixtures/reference/xl.json' with { type: 'json' };
import { psnr, relativeToDeviation } from '../support/agreement.js';

const models = join(import.meta.dirname, '../fixtures/export');
const SCHEDULERS = { euler: 'EulerDiscreteScheduler', heun: 'HeunDiscreteScheduler' };
/** Of the comparison; all others are options of the pipeline. */
const OWN = ['name', 'scheduler', 'latents', 'images', 'pipeline', 'hand_over', 'image_latents', 'prompt'];

interface Encoded {
  shape: number[];
  base64: string;
}
interface Case {
  name: string;
  pipeline?: string;
  prompt?: string[];
  scheduler?: string;
  image_latents?: Encoded;
  latents: Encoded;
  images: Encoded;
}

const bytes = ({ base64 }: Encoded): Buffer => Buffer.from(base64, 'base64');
const floats = (encoded: Encoded): Float32Array => new Float32Array(Uint8Array.from(bytes(encoded)).buffer);

let work: string;
let text: OVStableDiffusionXLPipeline;
const pipelines: Record<string, OVDiffusionPipeline> = {};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'xl-'));
  const refiner = join(work, 'refiner');
  await cp(join(models, 'refiner'), refiner, { recursive: true });
  for (const shared of ['vae', 'text_encoder_2', 'tokenizer_2', 'scheduler']) {
    await cp(join(models, 'sdxl', shared), join(refiner, shared), { recursive: true });
  }
  const options = { inferencePrecision: 'f32' } as const;
  text = await OVStableDiffusionXLPipeline.fromPretrained(join(models, 'sdxl'), options);
  pipelines.text = text;
  pipelines.img2img = OVStableDiffusionXLImg2ImgPipeline.fromPipe(text);
  pipelines.inpaint = OVStableDiffusionXLInpaintPipeline.fromPipe(text);
  // Picks the class that the index names.
  pipelines.refiner = await OVDiffusionPipeline.fromPretrained(refiner, options);
});

afterAll(async () => {
  for (const pipeline of Object.values(pipelines)) await pipeline.dispose();
  await rm(work, { recursive: true });
});

/** test/reference/make_xl.py's image and mask. */
function pattern(channels: 1 | 3, pixel: (x: number, y: number) => number[]) {
  const data = new Uint8Array(40 * 24 * channels);
  for (let y = 0; y < 24; y++) for (let x = 0; x < 40; x++) data.set(pixel(x, y), (y * 40 + x) * channels);
  return { data, width: 40, height: 24, channels };
}
const image = pattern(3, (x, y) => [(x * 6) % 256, (y * 10) % 256, (x * y) % 256]);
const maskImage = pattern(1, (x, y) => [y >= 6 && y < 18 && x >= 10 && x < 30 ? 255 : 0]);

/** diffusers' options in camelCase. */
function optionsOf(entry: Case): AnyGenerateOptions {
  const camelCase = (key: string) => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const own = Object.entries(entry).filter(([key]) => !OWN.includes(key));
  const inputs = {
    text: { height: 32, width: 32 },
    img2img: { image },
    refiner: { image },
    inpaint: { image, maskImage, height: 24, width: 40 },
  }[entry.pipeline ?? 'text'];
  const { image_latents: latents } = entry;
  return {
    numInferenceSteps: 5,
    ...inputs,
    ...(latents && { image: { data: floats(latents), shape: latents.shape } }),
    ...Object.fromEntries(own.map(([key, value]) => [camelCase(key), value as unknown])),
  };
}

describe('Stable Diffusion XL generates what diffusers generates:', () => {
  it.each<Case>([...cases.text, ...cases.image])('$name', async (entry) => {
    const pipeline = pipelines[entry.pipeline ?? 'text']!;
    const own = pipeline.scheduler;
    if (entry.scheduler) {
      const className = SCHEDULERS[entry.scheduler as keyof typeof SCHEDULERS];
      pipeline.scheduler = createScheduler(className, own.config);
    }
    const { prompt = ['a red circle'] } = entry;
    const options = optionsOf(entry);
    const { latents } = await pipeline.generate(prompt, { ...options, outputType: 'latent' });
    expect(latents.shape).toEqual(entry.latents.shape);
    expect(relativeToDeviation(latents.data, floats(entry.latents))).toBeLessThan(5e-4);
    const { images } = await pipeline.generate(prompt, { ...options, outputType: 'raw' });
    const pixels = Buffer.concat(images.map(({ data }) => data));
    expect(psnr(pixels, bytes(entry.images))).toBeGreaterThanOrEqual(45);
    pipeline.scheduler = own;
  });
});

describe('a refiner', () => {
  it('is no model for text to image', async () => {
    await expect(OVStableDiffusionXLPipeline.fromPretrained(join(work, 'refiner'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });

  it('takes its latents from a base model', async () => {
    const prompt = 'a red circle';
    const options = { height: 32, width: 32, numInferenceSteps: 10, seed: 1 } as const;
    const { latents } = await text.generate(prompt, { ...options, denoisingEnd: 0.8, outputType: 'latent' });
    const steps: number[] = [];
    await pipelines.refiner!.generate(prompt, {
      image: latents,
      numInferenceSteps: 10,
      denoisingStart: 0.8,
      onStep: ({ steps: all }) => steps.push(all),
    } as AnyGenerateOptions);
    expect(steps).toEqual([2, 2]);
  });
});

describe('options of Stable Diffusion XL that do not fit', () => {
  it.each<[string, string, object]>([
    ['text', 'negativeTargetSize together', { negativeOriginalSize: [8, 8] }],
    ['text', 'height, width', { originalSize: [8] }],
    ['text', 'one prompt2 or 1', { prompt2: ['a', 'b'] }],
    ['text', 'clipSkip', { clipSkip: 3 }],
    ['text', 'denoisingEnd', { denoisingEnd: 1 }],
    ['img2img', 'below denoisingEnd', { image, denoisingStart: 0.8, denoisingEnd: 0.8 }],
    ['img2img', 'image', {}],
    ['inpaint', 'mask', { image }],
    ['inpaint', 'strength', { image, maskImage, strength: 2 }],
  ])('are refused, of %s: %s', async (name, message, options) => {
    const pipeline = pipelines[name]!;
    await expect(pipeline.generate('a', { numInferenceSteps: 2, ...options })).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      message: expect.stringContaining(message) as string,
    });
  });
});
