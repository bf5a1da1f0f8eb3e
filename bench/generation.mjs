// One mode, measured in a process of its own: `node generation.mjs '{"model":…,"size":…,"steps":…,"static":…,"precision":…}'`.
import { OVStableDiffusionPipeline } from '../dist/index.js';
import { watchTicks } from './tick-gaps.mjs';

const { model, size, steps, static: fixed, precision, device } = JSON.parse(process.argv[2] ?? '{}');
const options = /** @type {const} */ ({
  width: size,
  height: size,
  numInferenceSteps: steps,
  seed: 42,
  outputType: 'raw',
});

const pipeline = await OVStableDiffusionPipeline.fromPretrained(model, {
  inferencePrecision: precision,
  device,
});
const gaps = { compile: watchTicks(), generate: () => 0 };
const start = performance.now();
if (fixed) await pipeline.reshape({ width: size, height: size });
else await pipeline.compile();
const compileSeconds = (performance.now() - start) / 1000;
const compileGapMs = gaps.compile();

await pipeline.generate('warm up', { ...options, numInferenceSteps: 2 });
gaps.generate = watchTicks();
const { timings } = await pipeline.generate('a large red circle on a blue background', options);
const generateGapMs = gaps.generate();
await pipeline.dispose();

console.log(
  JSON.stringify({
    secondsPerImage: timings.totalSeconds,
    secondsPerStep: timings.secondsPerStep,
    overhead: timings.totalSeconds / timings.inferenceSeconds,
    compileSeconds,
    longestGapMs: Math.max(compileGapMs, generateGapMs),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
