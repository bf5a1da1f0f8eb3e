import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PartialFile } from '../../../lib/hub/partial-file.js';

let folder: string;
let blob: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partial-'));
  blob = join(folder, 'a'.repeat(64));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const claim = async (): Promise<PartialFile> => {
  const partial = await PartialFile.claim(blob);
  if (!partial) throw new Error('The file is in use');
  return partial;
};
const names = async (): Promise<string[]> => (await readdir(folder)).sort();

/** As a process leaves it that was killed, so many seconds ago. */
async function leave(content: string, seconds: number, uuid = '00000000-0000-4000-8000-000000000000') {
  const path = `${blob}.${uuid}.incomplete`;
  await writeFile(path, content);
  const then = Date.now() / 1000 - seconds;
  await utimes(path, then, then);
  return path;
}

describe('a partial file', () => {
  it('becomes the blob when it is finished, and leaves nothing else', async () => {
    const partial = await claim();
    await partial.append(Buffer.from('one'));
    await partial.append(Buffer.from('two'));
    await partial.finish();
    expect(await names()).toEqual(['a'.repeat(64)]);
    expect(await readFile(blob, 'utf8')).toBe('onetwo');
  });

  it('is one process’s while it is written, and the next one’s when it is released', async () => {
    const first = await claim();
    await first.append(Buffer.from('half'));
    expect(await PartialFile.claim(blob)).toBeUndefined();
    await first.release();
    const second = await claim();
    expect(second.size).toBe(4);
    await second.append(Buffer.from(' and half'));
    await second.finish();
    expect(await readFile(blob, 'utf8')).toBe('half and half');
  });

  it('is gone when it is discarded', async () => {
    const partial = await claim();
    await partial.append(Buffer.from('wrong'));
    await partial.discard();
    expect(await names()).toEqual([]);
  });

  it('of a process that died is taken over after a while, and not before', async () => {
    const path = await leave('left', 1);
    expect(await PartialFile.claim(blob)).toBeUndefined();
    const then = Date.now() / 1000 - 60;
    await utimes(path, then, then);
    const partial = await claim();
    expect(partial.size).toBe(4);
    await partial.discard();
  });

  it('is the largest of those that were left', async () => {
    await leave('little', 60, '00000000-0000-4000-8000-000000000001');
    await leave('a little more', 60, '00000000-0000-4000-8000-000000000002');
    const partial = await claim();
    expect(partial.size).toBe('a little more'.length);
    await partial.discard();
  });

  it('that was taken over is known to be lost, and cannot be finished', async () => {
    const asleep = await claim();
    await asleep.append(Buffer.from('abc'));
    const [name] = await names();
    await utimes(join(folder, name!), 0, 0);
    const awake = await claim();
    expect(await asleep.isOwn()).toBe(false);
    await expect(asleep.finish()).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    await awake.append(Buffer.from('def'));
    await awake.finish();
    expect(await readFile(blob, 'utf8')).toBe('abcdef');
  });

  it('of another program or of another blob is left alone', async () => {
    const others = [
      `${'a'.repeat(64)}.incomplete`,
      `${'a'.repeat(64)}.1a2b3c4d.incomplete`,
      `${'b'.repeat(64)}.incomplete`,
      `${'b'.repeat(64)}.00000000-0000-4000-8000-000000000000.incomplete`,
    ];
    for (const name of others) {
      const path = join(folder, name);
      await writeFile(path, 'theirs');
      await utimes(path, 0, 0);
    }
    const partial = await claim();
    expect(partial.size).toBe(0);
    await partial.finish();
    expect(await names()).toEqual(['a'.repeat(64), ...others].sort());
    for (const name of others) expect(await readFile(join(folder, name), 'utf8')).toBe('theirs');
  });

  // What sha256sum and `git hash-object` say of "hello\n".
  it.each([
    ['sha256', '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'],
    ['sha1', 'ce013625030ba8dba906f756967f9e9ca394464a'],
  ])('has a hash (%s)', async (_, hash) => {
    const partial = await claim();
    await partial.append(Buffer.from('hello\n'));
    expect(await partial.hashLike(hash)).toBe(hash);
    await partial.discard();
  });
});
