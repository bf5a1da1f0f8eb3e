import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ClipTokenizer } from '../../../lib/tokenizer/index.js';

/** Made by test/reference/make_odd_tokenizers.py with transformers' CLIPTokenizer. */
interface Reference {
  prompts: string[];
  folders: {
    name: string;
    isJson: boolean;
    files: Record<string, unknown>;
    padTokenId: number;
    /** The length of padding, negative where it comes first, and the ids without it. */
    encoded: [padding: number, ...ids: number[]][];
  }[];
}

const fixtures = join(import.meta.dirname, '../../fixtures');
const readJson = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(join(fixtures, path), 'utf8'));
const { prompts, folders } = (await readJson('reference/odd-tokenizers.json')) as Reference;
const source = (await readJson('small-tokenizer/tokenizer.json')) as {
  model: { vocab: Record<string, number>; merges: string[][] };
};

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'odd-tokenizers-'));
});
afterAll(() => rm(work, { recursive: true }));

async function folderOf({ isJson, files }: Reference['folders'][number]): Promise<string> {
  const folder = await mkdtemp(join(work, 'folder-'));
  const write = (name: string, content: unknown): Promise<void> =>
    writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  const { added_tokens, ...others } = files;
  for (const [name, content] of Object.entries(others)) await write(name, content);
  if (isJson) {
    await write('tokenizer.json', { ...source, added_tokens });
  } else {
    const { vocab, merges } = source.model;
    await write('vocab.json', vocab);
    await write('merges.txt', ['#version: 0.2', ...merges.map((merge) => merge.join(' '))].join('\n'));
  }
  return folder;
}

describe("an old or odd folder's tokenizer agrees with transformers", () => {
  it.each(folders)('$name', async (folder) => {
    const tokenizer = await ClipTokenizer.fromPretrained(await folderOf(folder));
    const encoded = prompts.map((prompt) => {
      const { ids, length } = tokenizer.encode(prompt);
      const padding = ids.length - length;
      const isLeft = padding > 0 && ids[0] !== tokenizer.bosTokenId;
      const used = isLeft ? ids.subarray(padding) : ids.subarray(0, length);
      const filled = isLeft ? ids.subarray(0, padding) : ids.subarray(length);
      expect([...filled]).toEqual(new Array<number>(padding).fill(folder.padTokenId));
      return [isLeft ? -padding : padding, ...used];
    });
    expect(encoded).toEqual(folder.encoded);
  });

  it('gives ids of any length, which encode() frames', async () => {
    const tokenizer = await ClipTokenizer.fromPretrained(await folderOf(folders[1]!));
    const prompt = prompts.at(-1)!;
    const tokens = tokenizer.tokenize(prompt);
    expect(tokens.length).toBeGreaterThan(75);
    expect(tokenizer.encode(prompt)).toEqual({
      ...tokenizer.frame(tokens.slice(0, 75)),
      truncated: tokenizer.decode(tokens.slice(75)),
    });
    expect([...tokenizer.frame([]).ids.subarray(0, 3)]).toEqual([
      tokenizer.bosTokenId,
      tokenizer.eosTokenId,
      tokenizer.padTokenId,
    ]);
    expect(() => tokenizer.frame(tokens)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('at most 75') as unknown,
      }),
    );
  });
});
