import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { versionOf } from '../../../lib/runtime/loading/locate-libraries.js';
import { locateRuntime, type LocateRuntimeOptions } from '../../../lib/runtime/loading/locate-runtime.js';

const openvinoVersion = '2026.4.0';
let temp: string;
let root: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'locate-runtime-'));
  root = join(temp, 'package');
  put('package/package.json', '{}');
});

afterEach(() => {
  rmSync(temp, { recursive: true });
});

function put(path: string, content = ''): string {
  const full = join(temp, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

function locate(options: LocateRuntimeOptions = {}) {
  return locateRuntime({ root, openvinoVersion }, { env: {}, platform: 'linux-x64', loaded: [], ...options });
}

/** The candidate that would be loaded. */
const chosen = (options?: LocateRuntimeOptions) => locate(options).find(({ usable }) => usable);

describe('an installation named by OPENVINO_DIR', () => {
  it.each([
    ['a wheel', 'linux-x64', 'ov', 'ov/libs/libopenvino.so.2640'],
    ["a wheel's site-packages", 'linux-x64', 'ov', 'ov/openvino/libs/libopenvino.so.2640'],
    ['the folder of the libraries itself', 'linux-x64', 'ov/libs', 'ov/libs/libopenvino.so.2640'],
    ["Intel's archive", 'linux-x64', 'ov', 'ov/runtime/lib/intel64/libopenvino.so.2640'],
    ["Intel's archive for ARM", 'linux-arm64', 'ov', 'ov/runtime/lib/aarch64/libopenvino.so.2640'],
    [
      "the runtime folder of Intel's archive",
      'linux-x64',
      'ov/runtime',
      'ov/runtime/lib/intel64/libopenvino.so.2640',
    ],
    [
      "Intel's archive for macOS",
      'darwin-arm64',
      'ov',
      'ov/runtime/lib/arm64/Release/libopenvino.2640.dylib',
    ],
    ["Intel's archive for Windows", 'win32-x64', 'ov', 'ov/runtime/bin/intel64/Release/openvino.dll'],
    ['Debian', 'linux-x64', 'usr', 'usr/lib/x86_64-linux-gnu/libopenvino.so.2640'],
    ['Debian on ARM', 'linux-arm64', 'usr', 'usr/lib/aarch64-linux-gnu/libopenvino.so.2640'],
    ['conda', 'linux-x64', 'env', 'env/lib/libopenvino.so.2640'],
    ['conda on macOS', 'darwin-arm64', 'env', 'env/lib/libopenvino.2640.dylib'],
    ['conda on Windows', 'win32-x64', 'env', 'env/Library/bin/openvino.dll'],
    ['a file named by the full version', 'linux-x64', 'ov', 'ov/lib/libopenvino.so.2026.4.0'],
  ])('is found in the layout of %s', (_, platform, named, library) => {
    const libraryPath = put(library);
    expect(chosen({ platform, env: { OPENVINO_DIR: join(temp, named) } })).toMatchObject({
      source: 'OPENVINO_DIR',
      directory: dirname(libraryPath),
      libraryPath,
      outcome: 'usable',
    });
  });

  it.each([
    ['a wheel', 'openvino/cmake', 'openvino/libs/libopenvino.so.2640'],
    ["Intel's archive", 'ov/runtime/cmake', 'ov/runtime/lib/intel64/libopenvino.so.2640'],
    ['conda', 'env/lib/cmake/openvino2026.4.0', 'env/lib/libopenvino.so.2640'],
    ['Debian', 'usr/lib/cmake/openvino2026.4.0', 'usr/lib/x86_64-linux-gnu/libopenvino.so.2640'],
  ])(
    'is found from the CMake config of %s, which is what OpenVINO_DIR means to CMake',
    (_, config, library) => {
      put(`${config}/OpenVINOConfig.cmake`);
      const libraryPath = put(library);
      expect(chosen({ env: { OpenVINO_DIR: join(temp, config) } })).toMatchObject({
        source: 'OpenVINO_DIR',
        libraryPath,
      });
    },
  );

  it('is not looked for above a folder without a CMake config', () => {
    put('lib/libopenvino.so.2640');
    put('elsewhere/readme');
    expect(chosen({ env: { OPENVINO_DIR: join(temp, 'elsewhere') } })).toBeUndefined();
  });

  it('is known by the file a link leads to', () => {
    put('ov/lib/libopenvino.so.2026.3.1');
    symlinkSync('libopenvino.so.2026.3.1', join(temp, 'ov/lib/libopenvino.so'));
    expect(locate({ env: { OPENVINO_DIR: join(temp, 'ov') } })[0]).toMatchObject({
      usable: false,
      version: '2026.3.1',
    });
  });

  it('is refused with both versions when it is of another release', () => {
    put('ov/lib/libopenvino.so.2631');
    expect(locate({ env: { OPENVINO_DIR: join(temp, 'ov') } })[0]).toMatchObject({
      version: '2026.3.1',
      usable: false,
      outcome: 'has 2026.3.1, this build needs 2026.4.0',
    });
  });

  it('may hold several releases, of which the right one is taken', () => {
    put('usr/lib/libopenvino.so.2530');
    const right = put('usr/lib/x86_64-linux-gnu/libopenvino.so.2640');
    put('usr/lib/x86_64-linux-gnu/libopenvino.so.2631');
    expect(chosen({ env: { OPENVINO_DIR: join(temp, 'usr') } })?.libraryPath).toBe(right);
  });

  it('is refused when its version cannot be told, except on Windows, where names never tell it', () => {
    put('ov/lib/libopenvino.so');
    put('ov/bin/openvino.dll');
    const env = { OPENVINO_DIR: join(temp, 'ov') };
    expect(locate({ env })[0]).toMatchObject({ usable: false, version: undefined });
    expect(locate({ env, platform: 'win32-x64' })[0]).toMatchObject({ usable: true, version: undefined });
  });

  it('comes with the path of oneTBB where that is in a folder of its own', () => {
    put('ov/runtime/lib/intel64/libopenvino.so.2640');
    const tbbPath = put('ov/runtime/3rdparty/tbb/lib/libtbb.so.12');
    const env = { OPENVINO_DIR: join(temp, 'ov') };
    expect(chosen({ env })).toMatchObject({ tbbPath });
    put('ov/runtime/lib/intel64/libtbb.so.12');
    expect(chosen({ env })).toMatchObject({ tbbPath: undefined });
  });
});

describe('openvino-node', () => {
  const install = (version: string) =>
    put(
      'package/node_modules/openvino-node/package.json',
      JSON.stringify({ name: 'openvino-node', version }),
    );
  const candidate = (options?: LocateRuntimeOptions) =>
    locate(options).find(({ source }) => source === 'openvino-node');

  it('serves when it is of the same release', () => {
    install('2026.4.0');
    const libraryPath = put('package/node_modules/openvino-node/bin/libopenvino.so.2640');
    expect(chosen()).toMatchObject({ source: 'openvino-node', libraryPath, version: '2026.4.0' });
  });

  it('is found where npm has hoisted it to', () => {
    put('node_modules/openvino-node/package.json', JSON.stringify({ version: '2026.4.0' }));
    put('node_modules/openvino-node/bin/libopenvino.so.2640');
    expect(chosen()?.source).toBe('openvino-node');
  });

  it('lends its version to libraries whose names tell none', () => {
    install('2026.3.1');
    put('package/node_modules/openvino-node/bin/openvino.dll');
    expect(candidate({ platform: 'win32-x64' })).toMatchObject({ usable: false, version: '2026.3.1' });
  });

  it('is passed over when its libraries were not installed, or when it is not there', () => {
    expect(candidate()).toMatchObject({ usable: false, outcome: 'not installed' });
    install('2026.4.0');
    expect(candidate()).toMatchObject({ usable: false, outcome: 'no OpenVINO libraries there' });
  });
});

describe('the order', () => {
  const everywhere = () => {
    put('a/libopenvino.so.2640');
    put('b/libopenvino.so.2640');
    put('c/libopenvino.so.2640');
    put('package/node_modules/openvino-node/package.json', JSON.stringify({ version: '2026.4.0' }));
    put('package/node_modules/openvino-node/bin/libopenvino.so.2640');
    put('package/runtime/linux-x64/lib/libopenvino.so.2640');
    return {
      OpenVINO_DIR: join(temp, 'c'),
      INTEL_OPENVINO_DIR: join(temp, 'b'),
      OPENVINO_DIR: join(temp, 'a'),
    };
  };

  it('is: the environment, openvino-node, the own copy, the package for the platform', () => {
    expect(locate({ env: everywhere() }).map(({ source }) => source)).toEqual([
      'OPENVINO_DIR',
      'INTEL_OPENVINO_DIR',
      'OpenVINO_DIR',
      'openvino-node',
      'own copy',
      'platform package',
    ]);
  });

  it('does not end at a variable that leads nowhere, and keeps the reason', () => {
    everywhere();
    const env = { OPENVINO_DIR: join(temp, 'nowhere') };
    expect(locate({ env })[0]).toMatchObject({
      source: 'OPENVINO_DIR',
      directory: join(temp, 'nowhere'),
      usable: false,
      outcome: 'no OpenVINO libraries there',
    });
    expect(chosen({ env })?.source).toBe('openvino-node');
  });

  it('begins with what the process has already, so that no second copy is loaded', () => {
    const env = everywhere();
    const mapped = join(temp, 'b/libopenvino.so.2640');
    expect(chosen({ env, loaded: ['/lib/libc.so.6', mapped] })).toMatchObject({
      source: 'this process',
      libraryPath: mapped,
    });
  });

  it('takes no notice of another release in the process, nor of plugins', () => {
    const env = everywhere();
    const loaded = ['/x/libopenvino.so.2631', '/x/libopenvino_intel_cpu_plugin.so'];
    expect(chosen({ env, loaded })?.source).toBe('OPENVINO_DIR');
  });

  it('names a folder once when two variables lead to it', () => {
    const env = { OPENVINO_DIR: join(temp, 'a'), OpenVINO_DIR: join(temp, 'a', '.') };
    expect(locate({ env }).map(({ source }) => source)).not.toContain('OpenVINO_DIR');
  });
});

describe('the version in a file name', () => {
  const release = fc.tuple(
    fc.integer({ min: 22, max: 99 }),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 9 }),
  );

  it('is read from the short form and from the long one', () => {
    fc.assert(
      fc.property(release, ([year, minor, patch]) => {
        const version = `20${String(year)}.${String(minor)}.${String(patch)}`;
        const short = `${String(year)}${String(minor)}${String(patch)}`;
        for (const name of [
          `libopenvino.so.${short}`,
          `libopenvino.${short}.dylib`,
          `libopenvino.so.${version}`,
        ]) {
          expect(versionOf(`/nowhere/${name}`)).toBe(version);
        }
      }),
    );
  });

  it('is unknown for a name without one', () => {
    expect(['libopenvino.so', 'libopenvino.dylib', 'openvino.dll'].map(versionOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
