import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { writeFileAtomically } from '../../../lib/common/atomic-file.js';

// A failure in the middle of writing is in ../image/save-file.test.ts.
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  it('writes text and bytes, and replaces what was there', async () => {
    const path = join(folder, 'file');
    await writeFileAtomically(path, 'größer');
    expect(await readFile(path, 'utf8')).toBe('größer');
    const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    await writeFileAtomically(path, bytes);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('takes the longest name a file system allows', async () => {
    const name = 'a'.repeat(255);
    await writeFileAtomically(join(folder, name), 'x');
    expect(await readdir(folder)).toEqual([name]);
  });

  it.each([
    ['in a folder that does not exist', 'none/file', 'its folder does not exist', 'ENOENT'],
    ['in a file', 'file/file', 'its folder is a file', 'ENOTDIR'],
    ['over a folder', 'folder', 'it is a folder', 'EISDIR'],
    ['under too long a name', 'a'.repeat(256), 'the name is too long', 'ENAMETOOLONG'],
  ])('fails %s, with a reason', async (_, name, reason, code) => {
    await writeFile(join(folder, 'file'), 'old');
    await mkdir(join(folder, 'folder'));
    await expect(writeFileAtomically(join(folder, name), 'new')).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      message: `Cannot write ${join(folder, name)}: ${reason}`,
      cause: expect.objectContaining({ code }) as unknown,
    });
    expect((await readdir(folder)).sort()).toEqual(['file', 'folder']);
  });
});
