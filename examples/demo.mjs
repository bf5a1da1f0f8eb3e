// Draws a contact sheet: `npm run demo [-- --model FOLDER]`. Without a model, with the small one of this repository.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { DPMSolverMultistepScheduler, OVStableDiffusionPipeline } from '../dist/index.js';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: process.env.MODEL_DIR ?? join(import.meta.dirname, '../models/shapes-ov'),
    },
    output: { type: 'string', short: 'o', default: 'demo.png' },
  },
});

const prompts = [
  'a large red circle on a blue background',
  'a large yellow circle on a purple background',
  'a large white square on a green background',
  'a small black circle on a orange background',
  'a large blue circle on a white background',
  'a large pink square on a black background',
];
const columns = 3;

console.log(`Reading and compiling ${values.model} …`);
const pipeline = await OVStableDiffusionPipeline.fromPretrained(values.model);
pipeline.scheduler = DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config);
const { sampleSize, vaeScaleFactor } = pipeline.components;
const size = sampleSize * vaeScaleFactor;
await pipeline.reshape({ width: size, height: size });

const tiles = [];
for (const [index, prompt] of prompts.entries()) {
  const { images, timings } = await pipeline.generate(prompt, {
    numInferenceSteps: 20,
    guidanceScale: 5,
    seed: 42,
  });
  console.log(
    `${prompt}: ${timings.totalSeconds.toFixed(2)} s (${pipeline.inferencePrecision ?? 'default precision'})`,
  );
  const [image] = images;
  if (!image) continue;
  const input = await image.toBuffer('png');
  tiles.push({ input, left: (index % columns) * size, top: Math.floor(index / columns) * size });
}

const rows = Math.ceil(prompts.length / columns);
await sharp({ create: { width: columns * size, height: rows * size, channels: 3, background: 'white' } })
  .composite(tiles)
  .toFile(values.output);
await pipeline.dispose();
console.log(`${prompts.length} pictures are in ${values.output}`);
