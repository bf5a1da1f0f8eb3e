import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findDevKit } from '../../../scripts/dev-kit.mjs';
import manifest from '../../../package.json' with { type: 'json' };

const [major = '', minor = '', patch = ''] = manifest.openvino.version.split('.');
const library = `libopenvino.so.${major.slice(2)}${minor}${patch}`;
let temp: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'dev-kit-'));
});

afterEach(() => {
  rmSync(temp, { recursive: true });
});

function put(path: string, content = ''): void {
  mkdirSync(dirname(join(temp, path)), { recursive: true });
  writeFileSync(join(temp, path), content);
}

function putHeaders(folder: string, version = { major, minor, patch }): void {
  put(`${folder}/openvino/openvino.hpp`);
  const lines = Object.entries(version).map(
    ([part, number]) => `#define OPENVINO_VERSION_${part.toUpperCase()} ${number}`,
  );
  put(`${folder}/openvino/core/version.hpp`, lines.join('\n'));
}

describe.runIf(process.platform === 'linux')('what the addon is built against', () => {
  it.each([
    ['a wheel', 'openvino', 'openvino/include', 'openvino/libs'],
    ['the CMake config of a wheel', 'openvino/cmake', 'openvino/include', 'openvino/libs'],
    ["Intel's archive", 'ov', 'ov/runtime/include', 'ov/runtime/lib/intel64'],
    [
      "the CMake config of Intel's archive",
      'ov/runtime/cmake',
      'ov/runtime/include',
      'ov/runtime/lib/intel64',
    ],
    ['Debian', 'usr', 'usr/include', 'usr/lib/x86_64-linux-gnu'],
    ['the CMake config of conda', 'env/lib/cmake/openvino', 'env/include', 'env/lib'],
  ])('is found in %s', (_, named, include, libraries) => {
    putHeaders(include);
    put(`${libraries}/${library}`);
    if (named.includes('cmake')) put(`${named}/OpenVINOConfig.cmake`);
    expect(findDevKit({ OPENVINO_DIR: join(temp, named) })).toMatchObject({
      kit: { include: join(temp, include), library: join(temp, libraries, library) },
      isOwnCopy: false,
      passedOver: [],
    });
  });

  it('is not an installation without headers, without the library, or of another release', () => {
    put(`no-headers/lib/${library}`);
    putHeaders('no-library/include');
    putHeaders('older/include', { major: '2025', minor: '4', patch: '1' });
    const { isOwnCopy, passedOver } = findDevKit({
      OPENVINO_DIR: join(temp, 'no-headers'),
      INTEL_OPENVINO_DIR: join(temp, 'no-library'),
      OpenVINO_DIR: join(temp, 'older'),
    });
    expect(isOwnCopy).toBe(true);
    expect(passedOver).toEqual([
      expect.stringContaining('no openvino/openvino.hpp'),
      expect.stringContaining(`no ${library}`),
      expect.stringContaining(`has the headers of 2025.4.1, this build needs ${manifest.openvino.version}`),
    ]);
  });
});
