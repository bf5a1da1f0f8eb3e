import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hashOf, isCurrent } from '../../../scripts/up-to-date.mjs';

let root: string;
let before: string;
const hash = (settings = ['2026.4.0']) => hashOf(['native', 'CMakeLists.txt'], settings, root);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'up-to-date-'));
  mkdirSync(join(root, 'native/graph'), { recursive: true });
  writeFileSync(join(root, 'native/addon.cc'), 'int main();');
  writeFileSync(join(root, 'native/graph/node.cc'), 'int node();');
  writeFileSync(join(root, 'CMakeLists.txt'), 'project(addon)');
  before = hash();
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('what a build is made from', () => {
  it('is the same after a checkout has given every file a new time', () => {
    utimesSync(join(root, 'native/addon.cc'), 1, 1);
    expect(hash()).toBe(before);
  });

  it.each([
    [
      'a source has changed',
      () => {
        writeFileSync(join(root, 'native/graph/node.cc'), 'int other();');
      },
    ],
    [
      'the recipe has changed',
      () => {
        writeFileSync(join(root, 'CMakeLists.txt'), 'project(other)');
      },
    ],
    [
      'a source is new',
      () => {
        writeFileSync(join(root, 'native/new.cc'), '');
      },
    ],
    [
      'a source is gone',
      () => {
        rmSync(join(root, 'native/addon.cc'));
      },
    ],
    [
      'a source has another name',
      () => {
        renameSync(join(root, 'native/addon.cc'), join(root, 'native/main.cc'));
      },
    ],
  ])('differs when %s', (_, change) => {
    change();
    expect(hash()).not.toBe(before);
  });

  it('differs when a setting has changed', () => {
    expect(hash(['2026.4.1'])).not.toBe(before);
  });

  it('is compared with what the last build has noted, if there was one', () => {
    const record = join(root, 'built-from');
    expect(isCurrent(record, before)).toBe(false);
    writeFileSync(record, before);
    expect(isCurrent(record, before)).toBe(true);
    expect(isCurrent(record, 'another')).toBe(false);
  });
});
