// Generates again and again and prints the resident memory after each: `node --expose-gc many-generations.mjs COUNT`.
import { join } from 'node:path';

import { OVStableDiffusionPipeline } from '../../dist/index.js';

const count = Number(process.argv[2]);
const pipeline = await OVStableDiffusionPipeline.fromPretrained(
  join(import.meta.dirname, '../fixtures/sd-tiny'),
);
await pipeline.reshape({ height: 32, width: 32 });

const resident = [];
for (let i = 0; i < count; i++) {
  const { images } = await pipeline.generate(`picture number ${i}`, { numInferenceSteps: 3, seed: i });
  await images[0]?.toBuffer('png');
  // What is due to be collected would otherwise be counted.
  globalThis.gc?.();
  resident.push(process.memoryUsage.rss());
}
await pipeline.dispose();
console.log(JSON.stringify(resident));
