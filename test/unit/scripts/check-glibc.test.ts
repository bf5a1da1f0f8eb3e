import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isNewer, neededSymbols, newestVersions } from '../../../scripts/elf-versions.mjs';
import { builtAddon } from '../../support/project-tree.js';

const isLinux = process.platform === 'linux';

let temp: string;
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'check-glibc-'));
});
afterEach(() => {
  rmSync(temp, { recursive: true });
});

function check(config: object | undefined, ...files: string[]) {
  const manifest = join(temp, 'package.json');
  writeFileSync(manifest, JSON.stringify({ config }));
  const args = ['scripts/check-glibc.mjs', '--manifest', manifest, ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe.runIf(isLinux && process.arch === 'x64')('the addon built here', () => {
  it('loads on systems as old as RHEL 8: glibc 2.28, libstdc++ of GCC 8', () => {
    const promise = { glibc: '>=2.28', glibcxx: '>=3.4.25', cxxabi: '>=1.3.11' };
    expect(check(promise, builtAddon)).toMatchObject({ status: 0, stderr: '' });
  });

  it('takes OpenVINO’s C++ objects and exceptions from the libstdc++ of the system, having none inside', () => {
    const names = neededSymbols(builtAddon).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['__cxa_throw', '_ZTISt9exception', '_ZTISt13runtime_error']),
    );
  });
});

describe.runIf(isLinux)('the check', () => {
  it('fails with the symbols that need more than is promised, for each library', () => {
    const { status, stdout, stderr } = check(
      { glibc: '>=2.3', glibcxx: '>=3.4.21', cxxabi: '>=9.0' },
      builtAddon,
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^openvino_diffusers\.node: CXXABI 1\.3\.\d+, GLIBC 2\.\d+, GLIBCXX 3\.4\.\d+$/m);
    expect(stderr).toMatch(/openvino_diffusers\.node needs memcpy@GLIBC_2\.\d+/);
    expect(stderr).toMatch(/needs \S*thread\S*@GLIBCXX_3\.4\.22/);
    expect(stderr).not.toContain('CXXABI');
  });

  it('looks into folders, and at nothing there that is no binary', () => {
    copyFileSync(builtAddon, join(temp, 'one.node'));
    copyFileSync(builtAddon, join(temp, 'libtwo.so.12'));
    writeFileSync(join(temp, 'notes.txt'), 'so');
    const { status, stdout } = check({ glibc: '>=99.0' }, temp);
    expect(status).toBe(0);
    expect(stdout).toMatch(/libtwo\.so\.12[^]*one\.node/);
    expect(stdout).not.toContain('notes');
  });

  it.each([
    [undefined, builtAddon, 'promises no glibc'],
    [{ glibc: '2.28' }, builtAddon, "config.glibc in .* is '2.28', not like '>=2.28'"],
    [{ glibc: '>=2.28' }, 'package.json', 'package.json is not a shared library'],
    [{ glibc: '>=2.28' }, 'lib/cli', 'no addon or shared library in lib/cli'],
  ])('refuses a promise of %j for %s', (config, file, message) => {
    const { status, stderr } = check(config, file);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(message));
  });
});

describe('versions', () => {
  it('are compared number by number', () => {
    expect(isNewer('2.28', '2.4')).toBe(true);
    expect(isNewer('2.4', '2.28')).toBe(false);
    expect(isNewer('3.4', '3.4.9')).toBe(false);
    expect(isNewer('3.4.29', '3.4.29')).toBe(false);
  });

  it('are given by set, the newest of each', () => {
    const symbol = (set: string, version: string) => ({ name: 'f', set, version });
    expect(
      newestVersions([symbol('GLIBC', '2.9'), symbol('GLIBC', '2.17'), symbol('CXXABI', '1.3')]),
    ).toEqual({
      GLIBC: '2.17',
      CXXABI: '1.3',
    });
  });
});
