import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OpenVINODiffusersError, OVStableDiffusionPipeline } from '../../lib/index.js';

const folder = join(import.meta.dirname, '../fixtures/sd-tiny');
const quick = { numInferenceSteps: 2, seed: 1, outputType: 'latent' } as const;
let pipeline: OVStableDiffusionPipeline;
let expected: Float32Array;

beforeAll(async () => {
  pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, { inferencePrecision: 'f32' });
  expected = (await pipeline.generate('a', quick)).latents.data;
});

afterAll(async () => {
  await pipeline.dispose();
});

async function failure(promise: Promise<unknown>): Promise<OpenVINODiffusersError> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OpenVINODiffusersError);
  return error as OpenVINODiffusersError;
}

const wrong: [string, unknown, unknown, string, string][] = [
  [
    'a prompt that is no string',
    5,
    {},
    'INVALID_ARGUMENT',
    'Expected a string for prompt but received 5 of type number',
  ],
  ['no prompt', undefined, {}, 'INVALID_ARGUMENT', 'prompt'],
  ['an empty list of prompts', [], {}, 'INVALID_ARGUMENT', 'at least one prompt'],
  ['a list with something else in it', ['a', null], {}, 'INVALID_ARGUMENT', 'prompt'],
  [
    'negative prompts of another number',
    ['a', 'b'],
    { negativePrompt: ['c'] },
    'INVALID_ARGUMENT',
    'one a prompt',
  ],
  ['a negative prompt that is no string', 'a', { negativePrompt: 1 }, 'INVALID_ARGUMENT', 'negativePrompt'],
  ['a weight that is no number', '(a:1.2.3)', { promptWeighting: true }, 'INVALID_ARGUMENT', '1.2.3'],
  [
    'a weight of a negative prompt that is too large',
    'a',
    { promptWeighting: true, negativePrompt: '(a:5000)' },
    'INVALID_ARGUMENT',
    '5000',
  ],
  [
    'prompt weighting that is no flag',
    'a',
    { promptWeighting: 'yes' },
    'INVALID_ARGUMENT',
    'promptWeighting',
  ],
  ['long prompts that are no flag', 'a', { longPrompts: 1 }, 'INVALID_ARGUMENT', 'longPrompts'],
  ['a prompt of too many chunks', 'a '.repeat(6000), { longPrompts: true }, 'INVALID_ARGUMENT', '64 chunks'],
  ['a height between two latents', 'a', { height: 33 }, 'INVALID_ARGUMENT', 'a multiple of 2 for height'],
  ['a width between two latents', 'a', { width: 31 }, 'INVALID_ARGUMENT', 'a multiple of 2 for width'],
  ['a height of nothing', 'a', { height: 0 }, 'INVALID_ARGUMENT', 'height'],
  ['a negative width', 'a', { width: -32 }, 'INVALID_ARGUMENT', 'width'],
  ['a width that is no number', 'a', { width: NaN }, 'INVALID_ARGUMENT', 'width'],
  ['a width beyond all memory', 'a', { width: 2 ** 40 }, 'INVALID_ARGUMENT', 'width'],
  ['a width as text', 'a', { width: '32' }, 'INVALID_ARGUMENT', "received '32' of type string"],
  ['no steps', 'a', { numInferenceSteps: 0 }, 'INVALID_ARGUMENT', 'between 1 and 1000 for numInferenceSteps'],
  ['negative steps', 'a', { numInferenceSteps: -1 }, 'INVALID_ARGUMENT', 'numInferenceSteps'],
  ['steps that are no number', 'a', { numInferenceSteps: NaN }, 'INVALID_ARGUMENT', 'numInferenceSteps'],
  ['too many steps', 'a', { numInferenceSteps: 1e9 }, 'INVALID_ARGUMENT', 'numInferenceSteps'],
  ['half a step', 'a', { numInferenceSteps: 1.5 }, 'INVALID_ARGUMENT', 'numInferenceSteps'],
  ['guidance without end', 'a', { guidanceScale: Infinity }, 'INVALID_ARGUMENT', 'guidanceScale'],
  ['an eta above one', 'a', { eta: 2 }, 'INVALID_ARGUMENT', 'eta'],
  ['a fraction for a seed', 'a', { seed: 0.5 }, 'INVALID_ARGUMENT', 'seed'],
  ['two sources of noise', 'a', { seeds: [1] }, 'INVALID_ARGUMENT', 'seed and seeds'],
  [
    'seeds of another number',
    'a',
    { seed: undefined, seeds: [1, 2] },
    'INVALID_ARGUMENT',
    'Expected 1 seeds',
  ],
  ['latents of the wrong length', 'a', { latents: new Float32Array(7) }, 'SHAPE_MISMATCH', '[1, 4, 16, 16]'],
  [
    'latents of the wrong shape',
    'a',
    { latents: { data: new Float32Array(1024), shape: [1, 4, 8, 32] } },
    'SHAPE_MISMATCH',
    '[1, 4, 8, 32]',
  ],
  ['latents of another kind', 'a', { latents: [1, 2] }, 'INVALID_ARGUMENT', 'latents'],
  [
    'an output type nobody knows',
    'a',
    { outputType: 'pil' },
    'INVALID_ARGUMENT',
    "'image', 'raw' or 'latent'",
  ],
  ['a signal that is none', 'a', { signal: {} }, 'INVALID_ARGUMENT', 'signal'],
  ['a misspelt option', 'a', { numInferenceStep: 2 }, 'UNKNOWN_OPTION', "Did you mean 'numInferenceSteps'?"],
  ["diffusers' spelling", 'a', { guidance_scale: 2 }, 'UNKNOWN_OPTION', "Did you mean 'guidanceScale'?"],
  ['options that are none', 'a', 5, 'INVALID_ARGUMENT', 'options of generate'],
];

describe('generate refuses, with a code and the reason', () => {
  it.each(wrong)('%s', async (_, prompt, options, code, told) => {
    const given = typeof options === 'object' ? { ...quick, ...options } : options;
    const error = await failure(pipeline.generate(prompt as string, given));
    expect(error.code).toBe(code);
    expect(error.message).toContain(told);
  });

  it('and works as before afterwards', async () => {
    expect((await pipeline.generate('a', quick)).latents.data).toEqual(expected);
  });
});

describe('the other calls refuse', () => {
  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'an unknown load option',
      () => load({ inferencePrecison: 'f32' }),
      'UNKNOWN_OPTION',
      'inferencePrecision',
    ],
    ['a precision nobody knows', () => load({ inferencePrecision: 'int3' }), 'INVALID_ARGUMENT', 'bf16'],
    [
      'a device that is not there',
      async () => (await load({ device: 'TOASTER' })).compile(),
      'OPENVINO',
      'TOASTER',
    ],
    [
      'a property OpenVINO does not know',
      async () => (await load({ ovConfig: { NO_SUCH: 1 } })).compile(),
      'OPENVINO',
      'NO_SUCH',
    ],
    [
      'a size between two latents',
      () => pipeline.reshape({ height: 31, width: 32 }),
      'INVALID_ARGUMENT',
      'height',
    ],
    [
      'a batch of nothing',
      () => pipeline.reshape({ height: 32, width: 32, batchSize: 0 }),
      'INVALID_ARGUMENT',
      'batchSize',
    ],
    ['a reshape without a size', () => pipeline.reshape({} as never), 'INVALID_ARGUMENT', 'height'],
  ])('%s', async (_, call, code, told) => {
    const error = await failure(call());
    expect(error.code).toBe(code);
    expect(error.message).toContain(told);
  });

  it('a scheduler that is none', () => {
    expect(() => {
      pipeline.scheduler = {} as never;
    }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

async function load(options: object): Promise<OVStableDiffusionPipeline> {
  return OVStableDiffusionPipeline.fromPretrained(folder, options);
}

describe('a disposed pipeline', () => {
  it('refuses all, and ends what was under way', async () => {
    const own = await load({ inferencePrecision: 'f32' });
    const running = failure(own.generate('a', { ...quick, numInferenceSteps: 100 }));
    const waiting = failure(own.generate('b', quick));
    await own.dispose();
    expect((await running).code).toBe('DISPOSED');
    expect((await waiting).code).toBe('DISPOSED');
    expect((await failure(own.generate('a', quick))).code).toBe('DISPOSED');
    expect((await failure(own.reshape({ height: 32, width: 32 }))).code).toBe('DISPOSED');
    await own.dispose();
  });
});
