import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  OVStableDiffusionImg2ImgPipeline,
  OVStableDiffusionInpaintPipeline,
  TorchGenerator,
  type Scheduler,
} from '../../lib/index.js';
import * as schedulers from '../../lib/schedulers/index.js';
import cases from '../reference/image_pipeline_cases.json' with { type: 'json' };
import { psnr } from '../support/agreement.js';
import { invertedImage, maskOf, sourceImage } from '../support/image-inputs.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const reference = JSON.parse(
  readFileSync(join(fixtures, 'reference/image_pipelines.json'), 'utf8'),
) as Record<string, { shape: number[]; pixels: string; next: number }>;

interface Case {
  name: string;
  model: string;
  prompt: string[];
  images: [number, number][];
  imagesPerPrompt?: number;
  mask?: [number, number, number, number];
  maskSize?: [number, number];
  maskBlur?: number;
  paddingMaskCrop?: number;
  width?: number;
  height?: number;
  strength: number;
  steps: number;
  guidanceScale: number;
  seed?: number;
  seeds?: number[];
  scheduler?: string;
}

interface Loaded<Pipeline> {
  readonly pipeline: Pipeline;
  readonly own: Scheduler;
}
const toImage: Record<string, Loaded<OVStableDiffusionImg2ImgPipeline>> = {};
const inpainting: Record<string, Loaded<OVStableDiffusionInpaintPipeline>> = {};

beforeAll(async () => {
  const options = { inferencePrecision: 'f32' as const };
  for (const model of ['sd1', 'sd2']) {
    const folder = join(fixtures, 'export', model);
    const pipeline = await OVStableDiffusionImg2ImgPipeline.fromPretrained(folder, options);
    toImage[model] = { pipeline, own: pipeline.scheduler };
    const inpaint = OVStableDiffusionInpaintPipeline.fromPipe(pipeline);
    inpainting[model] = { pipeline: inpaint, own: inpaint.scheduler };
  }
  const folder = join(fixtures, 'export', 'inpaint');
  const pipeline = await OVStableDiffusionInpaintPipeline.fromPretrained(folder, options);
  inpainting.inpaint = { pipeline, own: pipeline.scheduler };
});

afterAll(async () => {
  const loaded = [...Object.values(toImage), ...Object.values(inpainting)];
  for (const { pipeline } of loaded) await pipeline.dispose();
});

async function run(entry: Case) {
  const known = schedulers as unknown as Record<string, { fromConfig(config: object): Scheduler }>;
  const schedulerOf = ({ own }: Loaded<unknown>): Scheduler =>
    entry.scheduler ? known[entry.scheduler]!.fromConfig(own.config) : own;
  const generators = (entry.seeds ?? [entry.seed!]).map((seed) => new TorchGenerator(seed));
  const image = entry.images.map(([width, height], i) =>
    i === 0 ? sourceImage(width, height, 3) : invertedImage(width, height),
  );
  const options = {
    image: image.length > 1 ? image : image[0]!,
    strength: entry.strength,
    numInferenceSteps: entry.steps,
    guidanceScale: entry.guidanceScale,
    numImagesPerPrompt: entry.imagesPerPrompt,
    generator: entry.seeds ? generators : generators[0]!,
    outputType: 'raw' as const,
  };
  if (!entry.mask) {
    const { pipeline } = toImage[entry.model]!;
    pipeline.scheduler = schedulerOf(toImage[entry.model]!);
    return { ...(await pipeline.generate(entry.prompt, options)), generator: generators[0]! };
  }
  const { pipeline } = inpainting[entry.model]!;
  pipeline.scheduler = schedulerOf(inpainting[entry.model]!);
  const { width, height, maskBlur, paddingMaskCrop } = entry;
  const maskImage = maskOf(entry.maskSize!, entry.mask);
  const result = await pipeline.generate(entry.prompt, {
    ...options,
    ...{ maskImage, width, height, maskBlur, paddingMaskCrop },
  });
  return { ...result, generator: generators[0]! };
}

describe('an image pipeline in f32 gives what diffusers gives', () => {
  it.each(cases as unknown as Case[])('$name', async (entry) => {
    const { images, generator } = await run(entry);
    const expected = reference[entry.name]!;
    const pixels = Buffer.from(expected.pixels, 'base64');
    const each = pixels.length / images.length;
    expect([images.length, images[0]!.height, images[0]!.width, 3]).toEqual(expected.shape);
    images.forEach((image, i) => {
      expect(psnr(image.data, pixels.subarray(i * each, (i + 1) * each))).toBeGreaterThanOrEqual(45);
    });
    // Everything that diffusers draws is drawn, in its order.
    expect(generator.randn([1])[0]).toBeCloseTo(expected.next, 6);
  });
});
