import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  exportPipeline,
  exportSingleFile,
  type ComponentName,
  type PipelineExport,
} from '../../../lib/models/index.js';
import type { Model } from '../../../lib/runtime/index.js';
import { checkpointOf, writeTensors, type TinyModel } from '../../support/checkpoints.js';
import {
  errorOf,
  FIXTURES,
  outputsOf,
  readCase,
  relativeError,
  type ReferenceCase,
} from '../../support/reference-case.js';

const CASES: readonly [ComponentName, ...string[]][] = [
  ['text_encoder', 'text_encoder', 'expected.json'],
  ['unet', 'unet', 'expected-8x8.json'],
  ['vae_encoder', 'vae', 'expected-encoder.json'],
  ['vae_decoder', 'vae', 'expected-decoder.json'],
];
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'single-file-parity-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

async function build(
  { components }: PipelineExport,
  name: ComponentName,
  reference: ReferenceCase,
): Promise<Model> {
  const model = await components.find((component) => component.name === name)!.build();
  const shapes = Object.entries(reference.inputs).map(([input, { shape }]) => [input, shape] as const);
  await model.reshape(Object.fromEntries(shapes));
  return model;
}

describe.each<[TinyModel, string]>([
  ['sd1', "with CLIP's text encoder, in fp16"],
  ['sd2', "with OpenCLIP's text encoder and linear projections"],
  ['inpaint', 'with nine channels'],
])('an original checkpoint (%s, %s)', (model) => {
  let original: PipelineExport;
  let folder: PipelineExport;

  beforeAll(async () => {
    const path = await writeTensors(join(work, `${model}.safetensors`), await checkpointOf(model));
    const config = join(FIXTURES, model);
    original = await exportSingleFile(path, { config, hiddenStates: true });
    folder = await exportPipeline(config, { hiddenStates: true });
  });

  it.each(CASES)("gives the %s of diffusers' folder", async (name, ...file) => {
    const reference = await readCase(model, ...file);
    using own = await build(original, name, reference);
    using theirs = await build(folder, name, reference);
    expect([own.inputs, own.outputs]).toEqual([theirs.inputs, theirs.outputs]);

    const [actual, expected] = [await outputsOf(own, reference), await outputsOf(theirs, reference)];
    for (const [output, values] of Object.entries(expected)) {
      expect(relativeError(actual[output]!, values)).toBeLessThanOrEqual(1e-6);
    }
    expect(await errorOf(own, reference)).toBeLessThanOrEqual(1e-5);
  });
});
