// Generates eight images and saves them as one: `npm run demo [-- --model FOLDER]`. Default: the small model of this
// repository, a folder in diffusers' layout that is exported while it loads.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { DPMSolverMultistepScheduler, OVStableDiffusionPipeline } from '../dist/index.js';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: process.env.MODEL_DIR ?? join(import.meta.dirname, '../packages/shapes'),
    },
    output: { type: 'string', short: 'o', default: 'demo.png' },
  },
});

const prompts = [
  'a red circle on a blue background',
  'a large yellow star on a purple background',
  'a green triangle on a white background',
  'a small black square on the left on a cyan background',
  'a large pink heart on a black background',
  'an orange ring at the top on a gray background',
  'a large white circle on the right on a brown background',
  'a blue square at the bottom on a yellow background',
];
const columns = 4;

console.log(`Loading and compiling ${values.model} …`);
const pipeline = await OVStableDiffusionPipeline.fromPretrained(values.model);
pipeline.scheduler = DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config);
const { sampleSize, vaeScaleFactor } = pipeline.components;
const size = sampleSize * vaeScaleFactor;
await pipeline.reshape({ width: size, height: size });

const tiles = [];
for (const [index, prompt] of prompts.entries()) {
  const { images, timings } = await pipeline.generate(prompt, {
    numInferenceSteps: 20,
    guidanceScale: 3,
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
console.log(`${prompts.length} images are in ${values.output}`);
