import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cli, type Finished } from '../support/cli.js';

const fixtures = join(import.meta.dirname, '../fixtures/export');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-preview-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function generate(...args: string[]): Promise<Finished> {
  const own = ['-m', join(fixtures, 'sd1'), '-p', 'a', '--steps', '4', '--seed', '1', '--size', '32x24'];
  return cli(['generate', ...own, '-o', join(folder, 'image.png'), ...args]);
}

describe('--preview', () => {
  it('writes the image as far as it is generated, in its size, and nothing else', async () => {
    expect(await generate('--preview', join(folder, 'preview.jpg'), '--preview-every', '2')).toMatchObject({
      code: 0,
    });
    expect((await readdir(folder)).sort()).toEqual(['image.png', 'preview.jpg']);
    const { width, height, format } = await sharp(join(folder, 'preview.jpg')).metadata();
    expect({ width, height, format }).toEqual({ width: 32, height: 24, format: 'jpeg' });
  });

  it('takes a tiny VAE, which changes the preview and not the image', async () => {
    const pixels = (file: string): Promise<Buffer> => sharp(join(folder, file)).raw().toBuffer();
    expect(await generate('--preview', join(folder, 'coarse.png'))).toMatchObject({ code: 0 });
    const image = await pixels('image.png');
    const tiny = ['--preview', join(folder, 'tiny.png'), '--tiny-vae', join(fixtures, 'tiny-vae')];
    expect(await generate(...tiny)).toMatchObject({ code: 0 });
    expect(await pixels('image.png')).toEqual(image);
    expect(await pixels('tiny.png')).not.toEqual(await pixels('coarse.png'));
  });

  it.each<[string, string[], RegExp]>([
    ['standard output', ['--preview', '-'], /name of a file/],
    ['an unknown extension', ['--preview', 'preview.txt'], /ends in/],
    ['a step that is none', ['--preview', 'p.png', '--preview-every', '0'], /whole number from 1/],
    ['steps alone', ['--preview-every', '2'], /add --preview/],
    ['a tiny VAE alone', ['--tiny-vae', 'x'], /add --preview/],
  ])('is refused before any work for %s', async (_, args, message) => {
    const { code, stderr } = await generate(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/Loading/);
  });

  it('is refused where it would be the image', async () => {
    const { code, stderr } = await generate('--preview', join(folder, '.', 'image.png'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/both name/);
  });
});
