import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DPMSolverMultistepScheduler, OVStableDiffusionPipeline } from '../../lib/index.js';
import { judge } from '../judge/judge.js';
import type { ColourName } from '../judge/palette.js';

const folder = join(import.meta.dirname, '../../models/shapes-ov');

const colours: ColourName[] = ['red', 'green', 'blue', 'yellow', 'purple', 'white', 'black', 'orange'];
const shapes = ['circle', 'square', 'triangle', 'star', 'heart', 'ring'];

/** Every colour with every shape, each time on another background. */
const wanted = colours.flatMap((colour, i) =>
  shapes.map((shape, j) => {
    const background = colours[(i + 1 + j) % colours.length]!;
    return { colour, background, prompt: `a large ${colour} ${shape} on a ${background} background` };
  }),
);
const BATCH = 8;

describe.each(['f32', 'bf16'] as const)('a trained model in %s', (inferencePrecision) => {
  it('paints what the prompt says, in at least 95 of 100 pictures', { timeout: 600_000 }, async () => {
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision });
    pipeline.scheduler = DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config);
    await pipeline.reshape({ batchSize: BATCH, width: 128, height: 128 });
    expect(wanted.length).toBe(48);
    const right = { background: 0, colour: 0 };
    for (let start = 0; start < wanted.length; start += BATCH) {
      const batch = wanted.slice(start, start + BATCH);
      const { images } = await pipeline.generate(
        batch.map(({ prompt }) => prompt),
        { numInferenceSteps: 20, guidanceScale: 5, seed: start, outputType: 'raw' },
      );
      images.forEach((image, i) => {
        const verdict = judge(image);
        right.background += Number(verdict.background === batch[i]!.background);
        right.colour += Number(verdict.colour === batch[i]!.colour);
      });
    }
    console.info(
      `${inferencePrecision}: background ${right.background}, colour ${right.colour} of ${wanted.length}`,
    );
    expect(right.background / wanted.length).toBeGreaterThanOrEqual(0.95);
    expect(right.colour / wanted.length).toBeGreaterThanOrEqual(0.95);
  });
});
