import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { locateRuntime } from '../../../lib/runtime/loading/locate-runtime.js';
import type {
  PlatformPackage,
  PlatformPackageExports,
  RuntimePackageExports,
} from '../../../lib/runtime/loading/platform-package.js';

const openvinoVersion = '2026.4.0';
let temp: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'platform-package-'));
});

afterEach(() => {
  rmSync(temp, { recursive: true });
});

describe('the packages for the platform', () => {
  const name = '@openvino-diffusers/linux-x64';
  const runtimeOf = (folder: string, library: string, release = openvinoVersion): RuntimePackageExports => ({
    openvinoVersion: release,
    libraryFolder: folderWith(join(temp, folder, 'lib', library)),
  });
  const folderWith = (path: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return dirname(path);
  };
  const missing = (): never => {
    throw new Error('Cannot find module');
  };
  const installed = (runtimes: Partial<PlatformPackageExports>): PlatformPackage => ({
    name,
    exports: { version: '0', addonPath: '', runtime: missing, fullRuntime: missing, ...runtimes },
  });
  const candidates = (packages: PlatformPackage, platform = 'linux-x64') =>
    locateRuntime(
      { root: join(temp, 'package'), openvinoVersion },
      { env: {}, loaded: [], platform, installed: packages },
    ).filter(({ source }) => source === 'platform package');

  it('serve with the runtime that comes by itself', () => {
    const basic = runtimeOf('basic', 'libopenvino.so.2640');
    expect(candidates(installed({ runtime: () => basic }))).toEqual([
      expect.objectContaining({
        usable: true,
        directory: basic.libraryFolder,
        version: '2026.4.0',
        packageName: '@openvino-diffusers/runtime-linux-x64',
      }),
    ]);
  });

  it('serve with the one that has all plugins where that is installed', () => {
    const basic = runtimeOf('basic', 'libopenvino.so.2640');
    const full = runtimeOf('full', 'libopenvino.so.2640');
    const both = installed({ runtime: () => basic, fullRuntime: () => full });
    expect(candidates(both)).toEqual([
      expect.objectContaining({
        directory: full.libraryFolder,
        packageName: '@openvino-diffusers/runtime-linux-x64-full',
      }),
      expect.objectContaining({ directory: basic.libraryFolder }),
    ]);
  });

  it('are refused by name when they are of another release of OpenVINO, on Windows too', () => {
    const old = runtimeOf('old', 'libopenvino.so.2631', '2026.3.1');
    expect(candidates(installed({ runtime: () => old }))).toEqual([
      expect.objectContaining({
        usable: false,
        outcome: 'has 2026.3.1, this build needs 2026.4.0',
        packageName: '@openvino-diffusers/runtime-linux-x64',
      }),
    ]);
    const onWindows = runtimeOf('windows', 'openvino.dll', '2026.3.1');
    expect(candidates(installed({ runtime: () => onWindows }), 'win32-x64')).toEqual([
      expect.objectContaining({ usable: false, version: '2026.3.1' }),
    ]);
  });

  it('are named when they are not there, or have lost their libraries', () => {
    expect(candidates({ name, exports: undefined })).toEqual([
      expect.objectContaining({ directory: name, outcome: 'not installed' }),
    ]);
    expect(candidates(installed({}))).toEqual([
      expect.objectContaining({
        directory: '@openvino-diffusers/runtime-linux-x64',
        outcome: 'not installed',
      }),
    ]);
    const empty = { openvinoVersion, libraryFolder: join(temp, 'empty') };
    expect(candidates(installed({ runtime: () => empty }))).toEqual([
      expect.objectContaining({ directory: empty.libraryFolder, outcome: 'no OpenVINO libraries there' }),
    ]);
  });
});
