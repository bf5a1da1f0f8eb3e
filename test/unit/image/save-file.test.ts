import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { SaveError } from '../../../lib/common/errors.js';
import { GeneratedImage } from '../../../lib/image/index.js';

const side = 64;
/** Noise, so that no format makes it small. */
const data = Uint8Array.from({ length: side * side * 3 }, () => Math.random() * 256);
const image = new GeneratedImage({ data, width: side, height: side });

// A limit on the size of files is the one failure in the middle of writing that can be had without root.
const canLimitFiles = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'save-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('saving an image', () => {
  test.each([
    ['cat.png', 'png'],
    ['cat.jpg', 'jpeg'],
    ['cat.JPEG', 'jpeg'],
    ['cat.webp', 'webp'],
    ['cat.avif', 'heif'],
  ])('as %s writes %s', async (name, format) => {
    await image.toFile(join(folder, name));
    expect((await sharp(await readFile(join(folder, name))).metadata()).format).toBe(format);
    expect(await readdir(folder)).toEqual([name]);
  });

  test('replaces an image of the same name', async () => {
    const path = join(folder, 'cat.png');
    await writeFile(path, 'old');
    await image.toFile(path);
    expect(await sharp(path).raw().toBuffer()).toEqual(Buffer.from(data));
  });

  test('many times at once under one name leaves one complete image', async () => {
    const path = join(folder, 'cat.png');
    await Promise.all(Array.from({ length: 8 }, () => image.toFile(path)));
    expect(await readdir(folder)).toEqual(['cat.png']);
    expect(await sharp(path).raw().toBuffer()).toEqual(Buffer.from(data));
  });

  test.each(['cat.gif', 'cat', '.png'])('as %s is refused with the extensions there are', async (name) => {
    await expect(image.toFile(join(folder, name))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('.png, .jpg, .jpeg, .webp, .avif') as unknown,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('saving that fails', () => {
  test('in a folder that does not exist', async () => {
    const saving = image.toFile(join(folder, 'missing', 'cat.png'));
    await expect(saving).rejects.toBeInstanceOf(SaveError);
    await expect(saving).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      message: expect.stringContaining('its folder does not exist') as unknown,
      cause: expect.objectContaining({ code: 'ENOENT' }) as unknown,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['without its folder', 'missing/cat.jpg', 'ENOENT'],
    ['within a file', 'file/cat.jpg', 'ENOTDIR'],
    ['over a folder', 'folder.jpg', 'EISDIR'],
  ])('%s before the image is encoded', async (_, name, code) => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder.jpg'));
    // sharp would refuse this quality.
    await expect(image.toFile(join(folder, name), { quality: 1000 })).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      cause: expect.objectContaining({ code }) as unknown,
    });
  });

  test.each([undefined, 7, new URL('file:///cat.png')])(
    'with INVALID_ARGUMENT for the path %s',
    async (path) => {
      await expect(image.toFile(path as unknown as string)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
  );

  test('over a folder of that name', async () => {
    await mkdir(join(folder, 'cat.png'));
    await expect(image.toFile(join(folder, 'cat.png'))).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    expect(await readdir(folder)).toEqual(['cat.png']);
  });

  test.skipIf(isRoot || process.platform === 'win32')(
    'without permission (root has every permission; Windows knows no such mode)',
    async () => {
      await chmod(folder, 0o555);
      await expect(image.toFile(join(folder, 'cat.png'))).rejects.toMatchObject({
        code: 'SAVE_FAILED',
        cause: expect.objectContaining({ code: 'EACCES' }) as unknown,
      });
      expect(await readdir(folder)).toEqual([]);
      await chmod(folder, 0o755);
    },
  );

  test.skipIf(!canLimitFiles)(
    'partway leaves nothing behind, and the old image as it was (needs prlimit, of Linux)',
    async () => {
      const path = join(folder, 'cat.png');
      await writeFile(path, 'old');
      limitFileSize('4096');
      try {
        await expect(image.toFile(path)).rejects.toMatchObject({
          code: 'SAVE_FAILED',
          cause: expect.objectContaining({ code: 'EFBIG' }) as unknown,
        });
      } finally {
        limitFileSize('unlimited');
      }
      expect(await readdir(folder)).toEqual(['cat.png']);
      expect(await readFile(path, 'utf8')).toBe('old');
    },
  );
});

/** Sets how many bytes a file of this process may have: only the soft limit, which may be raised again. */
function limitFileSize(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}
