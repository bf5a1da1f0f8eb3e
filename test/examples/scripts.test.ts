import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseParameters, readParameters } from '../../lib/index.js';
import { startExample } from '../support/examples.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'examples-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function sizeOf(image: string | Uint8Array): Promise<unknown> {
  const { format, width, height } = await sharp(image).metadata();
  return { format, width, height };
}

const png = { format: 'png', width: 128, height: 128 };

describe('examples/progress.mjs', () => {
  it('shows each step and saves the image', async () => {
    const output = await startExample(
      'progress.mjs',
      ['a red circle on a blue background', 'out.png'],
      folder,
    ).ended;
    expect(output).toMatch(/^read: unet \(\d\/\d\)$/m);
    expect(output.match(/^Step \d+\/20, \d+ s left$/gm)).toHaveLength(20);
    expect(output.match(/^Preview in out\.png$/gm)).toHaveLength(3);
    expect(output).toMatch(/out\.png: seed \d+, [\d.]+ s, complete/);
    expect(await sizeOf(join(folder, 'out.png'))).toEqual(png);
  });

  it('decodes what there is at the first Ctrl-C', async () => {
    const example = startExample('progress.mjs', ['a red circle on a blue background', 'early.png'], folder);
    await example.until(/^Step 1\/20/m);
    example.process.kill('SIGINT');
    expect(await example.ended).toContain('ended early');
    expect(await sizeOf(join(folder, 'early.png'))).toEqual(png);
  });
});

describe('examples/worker-pool', () => {
  it('generates each prompt in a worker', async () => {
    const prompts = [
      'a red circle on a blue background',
      'a blue square on a white background',
      'a green triangle',
    ];
    await startExample('worker-pool/pool.mjs', prompts, folder).ended;
    for (const [index, prompt] of prompts.entries()) {
      const text = await readParameters(join(folder, `image-${index}.png`));
      expect(parseParameters(text ?? '').prompt).toBe(prompt);
    }
  });
});

describe('examples/chat-bot.mjs', () => {
  it('answers in turn, refuses a second job of a user, and cancels', async () => {
    const example = startExample('chat-bot.mjs', [], folder);
    await example.until(/Ready/);
    const lines = [
      'ann: /imagine a red circle',
      'ann: /imagine a blue square',
      'bob: /imagine a star',
      'bob: /cancel',
    ];
    example.process.stdin.end([...lines, 'eve: hello'].map((line) => `${line}\n`).join(''));
    const output = await example.ended;
    expect(output).toContain('@ann One at a time');
    expect(output).toContain('@bob 1 before you');
    expect(output).toContain('@bob Cancelled');
    expect(output).toContain('@eve Try:');
    expect(output).toMatch(/@ann a red circle \(seed \d+\) \[\d{3,} bytes\]/);
    expect(output).not.toMatch(/@bob .*bytes/);
  });
});
