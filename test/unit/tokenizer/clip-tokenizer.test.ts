import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ClipTokenizer, MAX_TEXT_LENGTH } from '../../../lib/tokenizer/clip-tokenizer.js';

interface Encoded {
  ids: number[];
  /** What diffusers' warning names as cut off; null when nothing was. */
  removed: string | null;
}
/** Made by test/reference/make_tokens.py with transformers' CLIPTokenizer. */
interface Reference {
  prompts: string[];
  encoded: Encoded[];
  folders: {
    name: string;
    vocabulary: 'vocab' | 'json';
    files: Record<string, unknown>;
    padTokenId: number;
    differing: Record<string, Encoded>;
  }[];
}

const fixtures = new URL('../../fixtures/', import.meta.url);
/** CLIP's vocabulary as the package ships it. */
const clip = new URL('../../../models/clip-tokenizer/', import.meta.url);
const reference = JSON.parse(await readFile(new URL('reference/tokens.json', fixtures), 'utf8')) as Reference;

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'clip-tokenizer-'));
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

/** A tokenizer folder with the vocabulary in one of its two layouts and the given files beside it. */
async function folderWith(
  vocabulary: 'vocab' | 'json' | 'none',
  files: Record<string, unknown> = {},
): Promise<string> {
  const folder = await mkdtemp(join(workspace, 'folder-'));
  if (vocabulary === 'vocab') {
    await copyFile(new URL('vocab.json', clip), join(folder, 'vocab.json'));
    await copyFile(new URL('merges.txt', clip), join(folder, 'merges.txt'));
  }
  if (vocabulary === 'json') {
    const packed = await readFile(new URL('clip-tokenizer/tokenizer.json.gz', fixtures));
    await writeFile(join(folder, 'tokenizer.json'), gunzipSync(packed));
  }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

describe.each(reference.folders)("a folder's tokenizer, $name, agrees with transformers", (folder) => {
  let tokenizer: ClipTokenizer;
  beforeAll(async () => {
    tokenizer = await ClipTokenizer.fromPretrained(await folderWith(folder.vocabulary, folder.files));
  });
  const cases = reference.prompts.map((prompt, index) => ({
    prompt,
    name: JSON.stringify(prompt.slice(0, 40)),
    expected: folder.differing[index] ?? reference.encoded[index]!,
  }));

  test.each(cases)('on $name', ({ prompt, expected }) => {
    const { ids, length, truncated } = tokenizer.encode(prompt);
    expect([...ids.subarray(0, length)]).toEqual(expected.ids);
    expect([...ids.subarray(length)]).toEqual(new Array(77 - length).fill(folder.padTokenId));
    expect(truncated ?? null).toBe(expected.removed);
  });
});

describe('a CLIP tokenizer', () => {
  let tokenizer: ClipTokenizer;
  beforeAll(async () => {
    tokenizer = await ClipTokenizer.fromPretrained(await folderWith('vocab'));
  });

  test('gives 77 ids framed by BOS and EOS for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const { ids, length } = tokenizer.encode(text);
        expect(ids).toHaveLength(77);
        expect([ids[0], ids[length - 1]]).toEqual([49406, 49407]);
      }),
    );
  });

  test('reads a lone surrogate as the replacement character', () => {
    expect(tokenizer.encode('a\ud83d cat')).toEqual(tokenizer.encode('a\ufffd cat'));
  });

  test.each([
    ['words', 'cat '],
    ['letters', 'a'],
    ['white space', ' \n\u3000'],
    ['marks', '!?'],
    ['special tokens', '<|endoftext|>'],
    ['what looks like special tokens', '<|endof'],
    ['capital sigmas', '\u03a3'],
    ['combining marks', 'a\u030a'],
    ['surrogates', '\ud83d'],
  ])('takes one pass over a long text of %s', (_, unit) => {
    // Quadratic work on so much would outlast any test's time.
    const { ids, length } = tokenizer.encode(unit.repeat(Math.floor(MAX_TEXT_LENGTH / unit.length)));
    expect([ids.length, ids[length - 1]]).toEqual([77, 49407]);
  });

  test('refuses a text that would block the event loop', () => {
    expect(() => tokenizer.encode('a'.repeat(MAX_TEXT_LENGTH + 1))).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('at most 100000 characters') as unknown,
      }),
    );
  });

  test('says nothing of truncation when exactly everything fits', () => {
    const encoded = tokenizer.encode('cat '.repeat(75));
    expect(encoded.length).toBe(77);
    expect(encoded).not.toHaveProperty('truncated');
  });

  test.each([undefined, null, 42, ['a cat']])('refuses %j as text', (text) => {
    expect(() => tokenizer.encode(text as unknown as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('Expected a string for text') as unknown,
      }),
    );
  });
});

describe("a CLIP tokenizer's maximal length", () => {
  test.each([
    { stated: 32, maxLength: 32 },
    { stated: 248, maxLength: 248 },
    { stated: 1e30, maxLength: 77 },
    { stated: null, maxLength: 77 },
  ])('is $maxLength where the config states $stated', async ({ stated, maxLength }) => {
    const tokenizer = await ClipTokenizer.fromPretrained(
      await folderWith('vocab', { 'tokenizer_config.json': { model_max_length: stated } }),
    );
    expect(tokenizer.maxLength).toBe(maxLength);
    const { ids, truncated } = tokenizer.encode('cat '.repeat(maxLength));
    expect([ids.length, ids[0], ids[maxLength - 2], ids[maxLength - 1]]).toEqual([
      maxLength,
      49406,
      2368,
      49407,
    ]);
    expect(truncated).toBe('cat cat');
  });
});

describe('loading a tokenizer fails', () => {
  const loading = async (folder: string) => ClipTokenizer.fromPretrained(folder);

  test('with MODEL_NOT_FOUND where there is no folder', async () => {
    await expect(loading(join(workspace, 'nowhere'))).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'MODEL_NOT_FOUND',
      message: expect.stringMatching(/nowhere.*tokenizer\.json.*vocab\.json.*merges\.txt/) as unknown,
    });
  });

  test('with MODEL_NOT_FOUND naming the half that is missing', async () => {
    const folder = await folderWith('none', { 'vocab.json': {} });
    await expect(loading(folder)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('vocab.json (found) with merges.txt (not found)') as unknown,
    });
  });

  test.each([
    ['tokenizer.json', '{"model":', 'tokenizer.json is not JSON'],
    ['tokenizer.json', '{"model":{"type":"Unigram","vocab":[]}}', 'model.vocab'],
    ['tokenizer_config.json', 'null', 'tokenizer_config.json'],
    ['tokenizer_config.json', '{"model_max_length":"77"}', 'model_max_length'],
    ['special_tokens_map.json', '{"pad_token":7}', 'pad_token'],
    ['tokenizer_config.json', '{"eos_token":"</s>"}', 'eos_token "</s>" is not in its vocabulary'],
    ['merges.txt', '#version: 0.2\ni n\nth\n', 'merge 2 is not a pair of tokens: "th"'],
    [
      'tokenizer.json',
      '{"model":{"vocab":{"a":0},"merges":[["a"]]}}',
      'merge 1 is not a pair of tokens: ["a"]',
    ],
    ['vocab.json', '["a"]', 'vocab.json'],
    ['vocab.json', '{"a":4000000000}', 'id 4000000000'],
    ['vocab.json', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'nested deeper than'],
    [
      'tokenizer_config.json',
      `{"bos_token":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
      'nested deeper than',
    ],
    ['added_tokens.json', '{"<cat>":-1}', 'added_tokens.json'],
    ['added_tokens.json', '{"<cat>":4000000000}', 'id 4000000000'],
    ['special_tokens_map.json', `{"mask_token":"${'a'.repeat(2000)}"}`, 'mask_token'],
    ['merges.txt', '#version: 0.2\ni n\nqqqq zzzz\n', 'merge 2, "qqqq" and "zzzz", is not of its vocabulary'],
  ])('with CONFIG_INVALID when %s is %s', async (name, content, message) => {
    await expect(loading(await folderWith('vocab', { [name]: content }))).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as unknown,
    });
  });
});
