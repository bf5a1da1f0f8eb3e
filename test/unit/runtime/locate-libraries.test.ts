import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { version } from '../../../lib/common/version.js';
import { loadedLibraries } from '../../../lib/runtime/loading/loaded-libraries.js';
import { locateAddon } from '../../../lib/runtime/loading/locate-addon.js';
import { findLibrary, findSeparateTbb, versionOf } from '../../../lib/runtime/loading/locate-libraries.js';
import type { PlatformPackage } from '../../../lib/runtime/loading/platform-package.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'libraries-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(path: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

describe("OpenVINO's library", () => {
  it.each([
    ['libs/libopenvino.so.2640', 'linux-x64'],
    ['lib/aarch64-linux-gnu/libopenvino.so.2640', 'linux-arm64'],
    ['runtime/lib/intel64/libopenvino.so.2026.4.0', 'linux-x64'],
    ['runtime/lib/arm64/Release/libopenvino.2640.dylib', 'darwin-arm64'],
  ])('is found as %s', (path, platform) => {
    const libraryPath = put(path);
    expect(findLibrary(root, '2026.4.0', platform)).toEqual({
      directory: dirname(libraryPath),
      libraryPath,
      version: '2026.4.0',
    });
  });

  it('of the wanted version is preferred, and any is better than none', () => {
    put('lib/libopenvino.so.2500');
    const wanted = put('libs/libopenvino.so.2640');
    expect(findLibrary(root, '2026.4.0', 'linux-x64')?.libraryPath).toBe(wanted);
    expect(findLibrary(root, '2024.1.0', 'linux-x64')).toMatchObject({ version: '2025.0.0' });
    expect(findLibrary(join(root, 'nowhere'), '2026.4.0', 'linux-x64')).toBeUndefined();
  });

  it('is found from the folder of its CMake config', () => {
    put('runtime/cmake/OpenVINOConfig.cmake');
    const libraryPath = put('runtime/lib/intel64/libopenvino.so.2640');
    expect(findLibrary(join(root, 'runtime/cmake'), '2026.4.0', 'linux-x64')?.libraryPath).toBe(libraryPath);
  });

  it('has the version of the file that its name leads to', () => {
    const library = put('libopenvino.so.2640');
    symlinkSync(library, join(root, 'libopenvino.so'));
    expect(versionOf(join(root, 'libopenvino.so'))).toBe('2026.4.0');
    expect(versionOf(put('openvino.dll'))).toBeUndefined();
  });

  it('may keep oneTBB apart', () => {
    put('runtime/lib/intel64/libopenvino.so.2640');
    const directory = join(root, 'runtime/lib/intel64');
    expect(findSeparateTbb(directory, 'linux-x64')).toBeUndefined();
    const tbb = put('runtime/3rdparty/tbb/lib/libtbb.so.12');
    expect(findSeparateTbb(directory, 'linux-x64')).toBe(tbb);
    put('runtime/lib/intel64/libtbb.so.12');
    expect(findSeparateTbb(directory, 'linux-x64')).toBeUndefined();
  });
});

describe('the addon', () => {
  const name = '@openvino-diffusers/linux-x64';
  const packageOf = (release: string): PlatformPackage => ({
    name,
    exports: {
      version: release,
      addonPath: put(`node_modules/${name}/openvino_diffusers.node`),
      runtime: () => expect.fail(),
      fullRuntime: () => expect.fail(),
    },
  });

  it('is looked for in a local build, then in the platform package', () => {
    expect(locateAddon({ root }, { name, exports: undefined })).toEqual([
      expect.objectContaining({ path: undefined, outcome: 'not there' }),
      { place: name, path: undefined, outcome: 'not installed' },
    ]);
    const built = put('build/Release/openvino_diffusers.node');
    const installed = packageOf(version);
    const path = installed.exports?.addonPath;
    expect(locateAddon({ root }, installed)).toEqual([
      { place: built, path: built, outcome: 'found' },
      { place: path, path, outcome: 'found' },
    ]);
  });

  it('is refused by both versions when its package is of another release', () => {
    expect(locateAddon({ root }, packageOf('0.0.9'))[1]).toEqual({
      place: name,
      path: undefined,
      outcome: `is of openvino-diffusers 0.0.9, this is ${version}`,
      otherVersion: '0.0.9',
    });
  });

  it('is not there when its package has lost it', () => {
    const installed = packageOf(version);
    rmSync(installed.exports!.addonPath);
    expect(locateAddon({ root }, installed)[1]).toMatchObject({ path: undefined, outcome: 'not there' });
  });
});

describe('the libraries of this process', () => {
  it('include the C library, by its path', () => {
    expect(loadedLibraries().some((path) => /^([A-Z]:)?[/\\].*(libc[.-]|libSystem|ntdll)/i.test(path))).toBe(
      true,
    );
  });
});
