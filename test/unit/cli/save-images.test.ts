import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { numbered, prepareOutput } from '../../../lib/cli/output.js';
import { saveImages, type Encodable } from '../../../lib/cli/save-images.js';
import { requireMultiple, vaeScaleFactorOf } from '../../../lib/cli/vae-scale-factor.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const onFile = { count: 1, toTerminal: false };
/** An image that encodes to the name of its format, except in formats that fail. */
const image = (...failing: string[]): Encodable => ({
  toBuffer: (format) =>
    failing.includes(format)
      ? Promise.reject(new Error('too long for EXIF'))
      : Promise.resolve(Buffer.from(format)),
});
const stdout: Uint8Array[] = [];
const options = () => ({
  metadata: true,
  fallbackFolders: [join(folder, 'none'), join(folder, 'elsewhere')],
  writeStdout: (data: Uint8Array) => {
    stdout.push(data);
    return Promise.resolve();
  },
});

describe('an output', () => {
  it.each([
    ['a.png', undefined, 'png'],
    ['a.JPG', undefined, 'jpeg'],
    ['a.webp', 'webp', 'webp'],
    ['a', 'avif', 'avif'],
    ['a.image', 'png', 'png'],
    ['-', undefined, 'png'],
    ['-', 'jpeg', 'jpeg'],
  ] as const)('%s with --format %s is %s', async (name, format, expected) => {
    const output = name === '-' ? name : join(folder, name);
    expect(await prepareOutput(output, { ...onFile, format })).toEqual({
      format: expected,
      files: name === '-' ? undefined : [output],
    });
  });

  it('gets its folders before the work', async () => {
    await prepareOutput(join(folder, 'a/b/c.png'), onFile);
    expect(await readdir(join(folder, 'a/b'))).toEqual([]);
  });

  it.each([
    ['a.gif', {}, 'INVALID_ARGUMENT', /ends in .gif/],
    ['a', {}, 'INVALID_ARGUMENT', /no extension/],
    ['a.png', { format: 'jpeg' }, 'INVALID_ARGUMENT', /contradicts/],
    ['file/a.png', {}, 'SAVE_FAILED', /in the way/],
    ['file/b/a.png', {}, 'SAVE_FAILED', /is a file/],
    ['folder.png', {}, 'SAVE_FAILED', /it is a folder/],
    ['-', { count: 2 }, 'INVALID_ARGUMENT', /one image, not 2/],
    ['-', { toTerminal: true }, 'INVALID_ARGUMENT', /terminal/],
  ] as const)('%s %o is refused', async (name, more, code, words) => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder.png'));
    const output = name === '-' ? name : join(folder, name);
    await expect(prepareOutput(output, { ...onFile, ...more })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
    });
  });

  it.each([
    ['a.png', ['a-1.png', 'a-2.png']],
    ['/a.png', ['/a-1.png', '/a-2.png']],
    ['b/a.b.png', ['b/a.b-1.png', 'b/a.b-2.png']],
    ['./a', ['./a-1', './a-2']],
  ])('%s is numbered for several images', (output, expected) => {
    expect(numbered(output, 2)).toEqual(expected);
  });
});

describe('images', () => {
  it('are saved where they should be', async () => {
    const files = [join(folder, 'a-1.png'), join(folder, 'a-2.png')];
    expect(await saveImages([image(), image()], { format: 'png', files }, options())).toEqual({
      files,
      failure: undefined,
    });
    expect(await readFile(files[1]!, 'utf8')).toBe('png');
  });

  it('go to standard output', async () => {
    stdout.length = 0;
    const saved = await saveImages([image()], { format: 'webp', files: undefined }, options());
    expect(saved).toEqual({ files: [], failure: undefined });
    expect(Buffer.concat(stdout).toString()).toBe('webp');
  });

  it('are saved elsewhere, replacing nothing, where their folder is gone', async () => {
    await mkdir(join(folder, 'elsewhere'));
    const files = [join(folder, 'gone', 'cat-1.png'), join(folder, 'cat-2.png')];
    const { files: saved, failure } = await saveImages(
      [image(), image()],
      { format: 'png', files },
      options(),
    );
    expect(dirname(saved[0]!)).toBe(join(folder, 'elsewhere'));
    expect(saved[0]).toMatch(/cat-1-[0-9a-f]{8}\.png$/);
    expect(saved[1]).toBe(files[1]);
    expect(await readFile(saved[0]!, 'utf8')).toBe('png');
    expect(failure).toMatchObject({
      code: 'SAVE_FAILED',
      message: `Cannot write ${files[0]}: its folder does not exist; it was saved as ${saved[0]} instead`,
    });
  });

  it('are saved as PNG where their format does not take them', async () => {
    const files = [join(folder, 'cat.jpg')];
    const { files: saved, failure } = await saveImages([image('jpeg')], { format: 'jpeg', files }, options());
    expect(saved).toEqual([expect.stringMatching(/cat-[0-9a-f]{8}\.png$/)]);
    expect(await readFile(saved[0]!, 'utf8')).toBe('png');
    expect(failure?.message).toContain('too long for EXIF');
  });

  it('that standard output does not take are saved in a file', async () => {
    await mkdir(join(folder, 'elsewhere'));
    const writeStdout = () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const target = { format: 'png', files: undefined } as const;
    const { files, failure } = await saveImages([image()], target, { ...options(), writeStdout });
    expect(files).toEqual([expect.stringMatching(/elsewhere\/image-[0-9a-f]{8}\.png$/)]);
    expect(failure?.message).toMatch(/standard output: write EPIPE; it was saved as/);
  });

  it('that no folder takes are lost, which is said, and the others are saved', async () => {
    const files = [join(folder, 'gone', 'a.png'), join(folder, 'b.png')];
    const { files: saved, failure } = await saveImages(
      [image(), image()],
      { format: 'png', files },
      options(),
    );
    expect(saved).toEqual([files[1]]);
    expect(failure?.message).toMatch(/the image is lost$/);
    expect(await readdir(folder)).toEqual(['b.png']);
  });
});

describe('a size', () => {
  it('is checked with the factor of the folder’s VAE', async () => {
    const fixtures = join(import.meta.dirname, '../../fixtures');
    const expected =
      2 **
        (
          JSON.parse(await readFile(join(fixtures, 'export/sd1/vae/config.json'), 'utf8')) as {
            block_out_channels: number[];
          }
        ).block_out_channels.length /
      2;
    expect(await vaeScaleFactorOf(join(fixtures, 'export/sd1'))).toBe(expected);
    expect(await vaeScaleFactorOf(join(fixtures, 'sd-tiny'))).toBeGreaterThan(1);
    expect(await vaeScaleFactorOf(folder)).toBeUndefined();
  });

  it('that is no multiple is refused with the nearest', () => {
    requireMultiple({ width: 64, height: 72 }, 8);
    expect(() => {
      requireMultiple({ width: 513, height: 2 }, 8);
    }).toThrow(/multiples of 8.*513x2.*512x8/);
  });
});
