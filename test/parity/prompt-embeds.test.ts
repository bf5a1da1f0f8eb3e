import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  OVStableDiffusionPipeline,
  OVStableDiffusionXLPipeline,
  type GenerateOptions,
  type XLOptions,
} from '../../lib/index.js';

const models = join(import.meta.dirname, '../fixtures/export');
const options = { height: 32, width: 32, numInferenceSteps: 4, seed: 1, outputType: 'latent' } as const;
type Options = GenerateOptions & XLOptions;

describe.each([
  ['Stable Diffusion', 'sd1', OVStableDiffusionPipeline],
  ['Stable Diffusion XL', 'sdxl', OVStableDiffusionXLPipeline],
] as const)('encoded prompts of %s give the image of their texts', (_, model, pipelineClass) => {
  const isXl = model === 'sdxl';
  let pipeline: OVStableDiffusionPipeline;

  beforeAll(async () => {
    const loaded = await pipelineClass.fromPretrained(join(models, model), { inferencePrecision: 'f32' });
    pipeline = loaded as unknown as OVStableDiffusionPipeline;
  });

  afterAll(async () => {
    await pipeline.dispose();
  });

  const latentsOf = async (prompt: string | readonly string[] | undefined, more: Options) =>
    (await pipeline.generate<'latent'>(prompt, { ...options, ...more, outputType: 'latent' })).latents.data;
  const without = <T extends object>(value: T, pattern: RegExp): Partial<T> =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !pattern.test(name))) as Partial<T>;

  it('with negative prompts, of two prompts with two images each', async () => {
    const prompts = ['a red circle', 'a (cat:1.5) BREAK at night'];
    const texts = { negativePrompt: ['a dog', ''], promptWeighting: true };
    const embeds = await pipeline.encodePrompt(prompts, texts);
    expect(embeds.promptEmbeds.shape).toEqual([2, 154, pipeline.components.unet.crossAttentionDim]);
    const expected = await latentsOf(prompts, { ...texts, numImagesPerPrompt: 2 });
    expect(await latentsOf(undefined, { ...embeds, numImagesPerPrompt: 2 })).toEqual(expected);
  });

  it('with texts beside them', async () => {
    const texts = { negativePrompt: 'a dog' };
    const embeds = await pipeline.encodePrompt('a red circle', texts);
    const expected = await latentsOf('a red circle', texts);
    const positive = without(embeds, /^negative/);
    const negative = without(embeds, /^(prompt|pooled)/);
    expect(await latentsOf(undefined, { ...positive, ...texts })).toEqual(expected);
    expect(await latentsOf('a red circle', negative)).toEqual(expected);
  });

  it('without guidance, and without a negative prompt', async () => {
    const embeds = await pipeline.encodePrompt('a red circle', { guidance: false });
    expect(Object.keys(embeds)).toEqual(isXl ? ['promptEmbeds', 'pooledPromptEmbeds'] : ['promptEmbeds']);
    for (const guidanceScale of [1, 5]) {
      const expected = await latentsOf('a red circle', { guidanceScale });
      expect(await latentsOf(undefined, { ...embeds, guidanceScale })).toEqual(expected);
    }
  });

  it('or are refused at the call, and the pipeline stays usable', async () => {
    const embeds = await pipeline.encodePrompt('a', { negativePrompt: 'b' });
    const { promptEmbeds, negativePromptEmbeds } = embeds;
    const wide = { data: new Float32Array(77 * 3), shape: [1, 77, 3] };
    const short = {
      data: promptEmbeds.data.slice(promptEmbeds.shape[2]),
      shape: [1, 76, promptEmbeds.shape[2]!],
    };
    const positive = without(embeds, /^negative/);
    const wrong: [string | undefined, object, string][] = [
      ['a', embeds, 'INVALID_ARGUMENT'],
      [undefined, {}, 'INVALID_ARGUMENT'],
      [undefined, { ...embeds, negativePrompt: 'b' }, 'INVALID_ARGUMENT'],
      [undefined, { ...embeds, promptEmbeds: promptEmbeds.data }, 'INVALID_ARGUMENT'],
      [undefined, { ...embeds, promptEmbeds: { ...promptEmbeds, shape: [1, 77] } }, 'INVALID_ARGUMENT'],
      [undefined, { ...embeds, promptEmbeds: { ...promptEmbeds, shape: [2, 77, 8] } }, 'INVALID_ARGUMENT'],
      [undefined, { ...embeds, promptEmbeds: wide }, 'SHAPE_MISMATCH'],
      [undefined, { ...embeds, negativePromptEmbeds: wide }, 'SHAPE_MISMATCH'],
      [undefined, { ...embeds, negativePromptEmbeds: short }, 'SHAPE_MISMATCH'],
      [undefined, { ...positive, promptEmbeds: short, negativePrompt: 'b' }, 'SHAPE_MISMATCH'],
      [undefined, { ...positive, negativePrompt: 'b '.repeat(100), longPrompts: true }, 'SHAPE_MISMATCH'],
      ...(isXl
        ? ([
            [undefined, { promptEmbeds, negativePromptEmbeds }, 'INVALID_ARGUMENT'],
            [undefined, { ...embeds, prompt2: 'a' }, 'INVALID_ARGUMENT'],
            [
              undefined,
              { ...embeds, pooledPromptEmbeds: { data: new Float32Array(3), shape: [1, 3] } },
              'SHAPE_MISMATCH',
            ],
          ] as [undefined, object, string][])
        : ([[undefined, { ...embeds, pooledPromptEmbeds: promptEmbeds }, 'UNKNOWN_OPTION']] as [
            undefined,
            object,
            string,
          ][])),
    ];
    for (const [prompt, more, code] of wrong) {
      await expect(
        pipeline.generate(prompt, { ...options, ...more }),
        JSON.stringify(Object.keys(more)),
      ).rejects.toMatchObject({ code });
    }
    await expect(pipeline.encodePrompt(5 as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(pipeline.encodePrompt('a', { guidance: 1 as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await latentsOf(undefined, embeds)).toEqual(await latentsOf('a', { negativePrompt: 'b' }));
  });
});
