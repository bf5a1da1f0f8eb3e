import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createScheduler,
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  OVStableDiffusionPipeline,
  parseParameters,
  readParameters,
  type Scheduler,
} from '../../lib/index.js';

const model = join(import.meta.dirname, '../fixtures/sd-tiny');
let folder: string;
let pipeline: OVStableDiffusionPipeline;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infotext-'));
  pipeline = await OVStableDiffusionPipeline.fromPretrained(model, { inferencePrecision: 'f32' });
});

afterAll(async () => {
  await pipeline.dispose();
  await rm(folder, { recursive: true });
});

const from = (config: object): Record<string, Scheduler> => ({
  'DPM++ 2M, Karras': DPMSolverMultistepScheduler.fromConfig(config, { useKarrasSigmas: true }),
  'DPM++ 2M SDE': DPMSolverMultistepScheduler.fromConfig(config, { algorithmType: 'sde-dpmsolver++' }),
  'third order': DPMSolverMultistepScheduler.fromConfig(config, { solverOrder: 3 }),
  DDIM: DDIMScheduler.fromConfig(config),
  'Euler a': EulerAncestralDiscreteScheduler.fromConfig(config, { timestepSpacing: 'trailing' }),
});

describe('an image file', () => {
  const names = Object.keys(from({}));

  it.each(names)('has all that generates the same image again: %s', async (name) => {
    const original = pipeline.scheduler;
    const scheduler = from(original.config)[name]!;
    pipeline.scheduler = scheduler;
    const path = join(folder, `${name}.png`);
    const options = { numInferenceSteps: 4, guidanceScale: 4.5, negativePrompt: 'blue: (x)', width: 24 };
    const eta = name === 'DDIM' ? 0.6 : undefined;
    const first = await pipeline.generate('a red circle\nSteps: 3', { ...options, eta, seed: 7 });
    await first.images[0]!.toFile(path);
    pipeline.scheduler = original;

    const read = parseParameters((await readParameters(path))!);
    expect(read.inferencePrecision).toBe('f32');
    pipeline.scheduler = createScheduler(read.scheduler!, original.config, read.schedulerConfig);
    const again = await pipeline.generate(read.prompt, {
      negativePrompt: read.negativePrompt,
      numInferenceSteps: read.numInferenceSteps,
      guidanceScale: read.guidanceScale,
      width: read.width,
      height: read.height,
      seed: read.seed,
      eta: read.eta,
    });
    pipeline.scheduler = original;
    expect(again.images[0]!.data).toEqual(first.images[0]!.data);
  });
});
