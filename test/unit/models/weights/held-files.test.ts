import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HeldFiles } from '../../../../lib/models/weights/held-files.js';

let work: string;
let path: string;
let files: HeldFiles;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'held-files-'));
  path = join(work, 'weights.bin');
  writeFileSync(path, 'weights');
  // As a file that was there before, not one written within the same tick of the clock.
  utimesSync(path, 1e9, 1e9);
  files = new HeldFiles([path, path]);
  files.hold();
});

afterEach(() => {
  files.release();
  rmSync(work, { recursive: true });
});

const corrupt = (): unknown => expect.objectContaining({ name: 'ModelLoadError', code: 'MODEL_CORRUPT' });

describe('a file that is held', () => {
  it.each<[string, () => void]>([
    [
      'is cut',
      () => {
        truncateSync(path, 3);
      },
    ],
    [
      'is emptied',
      () => {
        truncateSync(path, 0);
      },
    ],
    [
      'grows',
      () => {
        appendFileSync(path, 'more');
      },
    ],
    [
      'is written over with as many bytes',
      () => {
        writeFileSync(path, 'others!');
      },
    ],
    [
      'is copied over',
      () => {
        writeFileSync(join(work, 'other'), 'others!');
        copyFileSync(join(work, 'other'), path);
      },
    ],
  ])('is found out when it %s', async (_, change) => {
    files.verify();
    change();
    expect(() => {
      files.verify();
    }).toThrow(corrupt());
    await expect(files.verifyPaths()).rejects.toThrow(corrupt());
  });

  it.each<[string, () => void]>([
    [
      'deleted',
      () => {
        rmSync(path);
      },
    ],
    [
      'renamed',
      () => {
        renameSync(path, join(work, 'elsewhere'));
      },
    ],
    [
      'replaced by another',
      () => {
        writeFileSync(join(work, 'other'), 'weights');
        renameSync(join(work, 'other'), path);
      },
    ],
  ])('may be %s, but is then not what its path leads to', async (_, change) => {
    change();
    files.verify();
    await expect(files.verifyPaths()).rejects.toThrow(corrupt());
  });

  it('may be read, and have other names and other rights', async () => {
    execFileSync('ln', [path, join(work, 'link')]);
    execFileSync('chmod', ['600', path]);
    execFileSync('cat', [path]);
    files.verify();
    await files.verifyPaths();
  });
});

it.skipIf(process.platform !== 'linux')('is open once, from the first holder to the last', () => {
  const open = (): number =>
    readdirSync('/proc/self/fd').filter((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
      } catch {
        return false;
      }
    }).length;
  expect(open()).toBe(1);
  files.hold();
  expect(open()).toBe(1);
  files.release();
  expect(open()).toBe(1);
  files.release();
  files.release();
  expect(open()).toBe(0);
  files.verify();
});

it('refuses what is not there, and closes the others', () => {
  const held = new HeldFiles([path, join(work, 'absent')]);
  expect(() => {
    held.hold();
  }).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  held.verify();
});

it.skipIf(process.platform === 'win32')('refuses a FIFO without waiting for its writer', () => {
  execFileSync('mkfifo', [join(work, 'fifo')]);
  expect(() => {
    new HeldFiles([join(work, 'fifo')]).hold();
  }).toThrow(corrupt());
});
