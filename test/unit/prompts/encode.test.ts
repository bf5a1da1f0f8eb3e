import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { InferenceContext, TextEncoder } from '../../../lib/components/index.js';
import { encodePrompts, type PromptBatch } from '../../../lib/prompts/index.js';
import { ClipTokenizer } from '../../../lib/tokenizer/index.js';
import {
  fakeSettings,
  fakeSource,
  HIDDEN_SIZE,
  smallTokenizer,
  textEncoderNetwork,
  TOKENS,
} from '../../support/fake-components.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const WIDTH = TOKENS * HIDDEN_SIZE;
let tokenizer: ClipTokenizer;

beforeAll(async () => {
  tokenizer = await ClipTokenizer.fromPretrained(smallTokenizer);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function encode(batch: PromptBatch, context = new InferenceContext()) {
  const network = textEncoderNetwork();
  await using encoder = await TextEncoder.read(fakeSource('text_encoder', network), fakeSettings());
  const states = await encodePrompts(batch, tokenizer, encoder, context);
  const rows = Array.from({ length: states.length / WIDTH }, (_, row) =>
    states.subarray(row * WIDTH, (row + 1) * WIDTH),
  );
  const texts = network.inferences.map(({ input_ids }) => Array.from(input_ids!.data, Number));
  return { rows, texts };
}

/** What the fake text encoder makes of a text. */
const statesOf = (text: string) =>
  Float32Array.from(
    { length: WIDTH },
    (_, i) => tokenizer.encode(text).ids[Math.floor(i / HIDDEN_SIZE)]! / 1000,
  );

describe('encoded prompts', () => {
  it('are each prompt’s states, in order, the negative prompts’ first', async () => {
    const { rows } = await encode({
      prompts: ['a cat', 'a dog'],
      negativePrompts: ['blurry', ''],
      numImagesPerPrompt: 1,
    });
    expect(rows).toEqual(['blurry', '', 'a cat', 'a dog'].map(statesOf));
  });

  it('are the prompts’ alone without guidance', async () => {
    const { rows } = await encode({ prompts: ['a cat'], negativePrompts: undefined, numImagesPerPrompt: 1 });
    expect(rows).toEqual([statesOf('a cat')]);
  });

  it('stand once for each image of their prompt, together', async () => {
    const { rows } = await encode({
      prompts: ['a', 'b'],
      negativePrompts: ['c', 'd'],
      numImagesPerPrompt: 2,
    });
    expect(rows).toEqual(['c', 'c', 'd', 'd', 'a', 'a', 'b', 'b'].map(statesOf));
  });

  it('are encoded once for each text, however often it occurs', async () => {
    const { rows, texts } = await encode({
      prompts: ['a', 'b', 'a', ''],
      negativePrompts: ['', '', '', ''],
      numImagesPerPrompt: 3,
    });
    expect(texts).toEqual(['', 'a', 'b'].map((text) => [...tokenizer.encode(text).ids]));
    expect(rows).toHaveLength(24);
    expect(rows[12]).toEqual(statesOf('a'));
    expect(rows[18]).toEqual(statesOf('a'));
  });

  it('stop at an abort', async () => {
    const enough = new Error('enough');
    const context = new InferenceContext(AbortSignal.abort(enough));
    const batch = { prompts: ['a'], negativePrompts: undefined, numImagesPerPrompt: 1 };
    await expect(encode(batch, context)).rejects.toBe(enough);
  });
});

describe('a prompt beyond what the model reads', () => {
  it('is a warning that quotes what was cut, once for each text', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const long = `${'a '.repeat(75)}b c`;
    const { rows } = await encode({
      prompts: [long, long],
      negativePrompts: undefined,
      numImagesPerPrompt: 2,
    });
    expect(warning.mock.calls).toEqual([
      [
        'The model reads 77 tokens; this part of the prompt was cut off: "b c"',
        { type: 'OpenVINODiffusersWarning', code: 'PROMPT_TRUNCATED' },
      ],
    ]);
    expect(rows[0]).toEqual(statesOf('a '.repeat(75)));
  });

  it('is none for one that just fits', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await encode({ prompts: ['a '.repeat(75)], negativePrompts: undefined, numImagesPerPrompt: 1 });
    expect(warning).not.toHaveBeenCalled();
  });
});
