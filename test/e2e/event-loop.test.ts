import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { OVStableDiffusionPipeline } from '../../lib/index.js';

const folder = join(import.meta.dirname, '../fixtures/sd-tiny');
let pipeline: OVStableDiffusionPipeline;
let ticks = 0;
let interval: NodeJS.Timeout;

beforeAll(async () => {
  pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
  interval = setInterval(() => ticks++, 1);
});

afterAll(async () => {
  clearInterval(interval);
  await pipeline.dispose();
});

it('the event loop turns while networks are compiled', async () => {
  ticks = 0;
  await pipeline.reshape({ height: 128, width: 128 });
  expect(ticks).toBeGreaterThan(1);
});

it('the event loop turns between every two steps of a generation', async () => {
  const between: number[] = [];
  ticks = 0;
  await pipeline.generate('a', {
    numInferenceSteps: 20,
    onStep: () => {
      between.push(ticks);
      ticks = 0;
    },
  });
  expect(between.length).toBeGreaterThanOrEqual(20);
  expect(between.every((count) => count > 0)).toBe(true);
});
