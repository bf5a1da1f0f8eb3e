import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OVStableDiffusionPipeline, OVStableDiffusionXLPipeline } from '../../lib/index.js';
import { parseWeights } from '../../lib/prompts/weighted-text.js';
import reference from '../fixtures/reference/prompts.json' with { type: 'json' };
import { relativeToDeviation } from '../support/agreement.js';

const models = join(import.meta.dirname, '../fixtures/export');
const options = {
  height: 32,
  width: 32,
  numInferenceSteps: 5,
  guidanceScale: 5,
  seed: 1,
  outputType: 'latent',
} as const;

const floats = ({ base64 }: { base64: string }): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

describe('a prompt in the web UI’s syntax', () => {
  it.each(reference.parsed)('has the parts of $prompt', ({ prompt, parts }) => {
    const own = parseWeights(prompt).map((part) => (part === 'BREAK' ? part : [part.text, part.weight]));
    expect(own).toEqual(parts);
  });
});

describe.each([
  ['Stable Diffusion', 'sd1', OVStableDiffusionPipeline, 1e-3],
  ['Stable Diffusion XL', 'sdxl', OVStableDiffusionXLPipeline, 1e-3],
] as const)(
  '%s generates what torch does by the web UI’s arithmetic, with',
  (_, model, pipelineClass, most) => {
    let pipeline: OVStableDiffusionPipeline | OVStableDiffusionXLPipeline;

    beforeAll(async () => {
      pipeline = await pipelineClass.fromPretrained(join(models, model), { inferencePrecision: 'f32' });
    });

    afterAll(async () => {
      await pipeline.dispose();
    });

    it.each(reference[model])('$name', async ({ prompt, negative_prompt: negativePrompt, latents }) => {
      const request = { ...options, negativePrompt, promptWeighting: true };
      const made = await pipeline.generate(prompt, request);
      expect(made.latents.shape).toEqual(latents.shape);
      expect(relativeToDeviation(made.latents.data, floats(latents))).toBeLessThan(most);
    });

    it('long prompts in chunks, also where brackets are plain text, and after a reshape', async () => {
      const { prompt, negative_prompt: negativePrompt, latents } = reference[model][1]!;
      await pipeline.reshape({ height: 32, width: 32 });
      const made = await pipeline.generate(prompt, { ...options, negativePrompt, longPrompts: true });
      expect(relativeToDeviation(made.latents.data, floats(latents))).toBeLessThan(most);
      const again = await pipeline.generate('a cat', options);
      expect(again.latents.shape).toEqual(latents.shape);
    });
  },
);
