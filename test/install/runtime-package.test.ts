import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runNpm } from '../../scripts/release/npm.mjs';
import { fillRuntimeFolder, isComplete } from '../../scripts/runtime-folder.mjs';
import { contentsHash, obtainRuntimePackage } from '../../scripts/runtime-package.mjs';
import { LocalRegistry } from '../support/local-registry.js';

const version = '2026.4.0';
const files = {
  'index.cjs': '',
  'include/openvino/openvino.hpp': '#pragma once',
  'lib/libopenvino.so.2640': 'main library',
  'lib/libtbb.so.12': 'tbb',
  'licenses/runtime-third-party-programs.txt': 'others',
  LICENSE: 'Apache License',
};
let temp: string;
let registry: LocalRegistry;
let source: string;
let runtimes: string;

/** What is to happen where the package cannot be had. */
const noWheel = (): never => expect.fail('pip was asked');

function fill(contents: string, platform = 'linux-x64', obtainWheel: () => Promise<string> = noWheel) {
  const folder = join(runtimes, platform);
  const release = { version, sha256: 'of the wheel' };
  return fillRuntimeFolder(folder, release, obtainWheel, undefined, (scratch) =>
    obtainRuntimePackage(platform, version, contents, scratch),
  );
}

describe("OpenVINO from the project's own package", () => {
  beforeAll(async () => {
    temp = mkdtempSync(join(tmpdir(), 'runtime-package-'));
    source = join(temp, 'package');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), text);
    }
    const name = '@openvino-diffusers/runtime-linux-x64-full';
    writeFileSync(
      join(source, 'package.json'),
      JSON.stringify({ name, version, os: ['linux'], cpu: ['x64'] }),
    );
    registry = await LocalRegistry.start();
    writeFileSync(join(temp, '.npmrc'), await registry.npmrc());
    process.env.NPM_CONFIG_USERCONFIG = join(temp, '.npmrc');
    process.env.NPM_CONFIG_CACHE = join(temp, 'cache');
    runNpm(['publish', source, '--access', 'public']);
  });

  afterAll(async () => {
    delete process.env.NPM_CONFIG_USERCONFIG;
    delete process.env.NPM_CONFIG_CACHE;
    await registry.stop();
    rmSync(temp, { recursive: true, force: true });
  });

  beforeEach(() => {
    runtimes = mkdtempSync(join(temp, 'runtime-'));
  });

  afterEach(() => {
    rmSync(runtimes, { recursive: true });
  });

  it('is laid out as from the wheel, without Python', async () => {
    await fill(contentsHash(source));
    const folder = join(runtimes, 'linux-x64');
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      'include',
      'include/openvino',
      'include/openvino/openvino.hpp',
      'lib',
      'lib/libopenvino.so.2640',
      'lib/libtbb.so.12',
      'licenses',
      'licenses/LICENSE',
      'licenses/licensing',
      'licenses/licensing/runtime-third-party-programs.txt',
      'openvino.json',
    ]);
    expect(isComplete(folder, 'of the wheel')).toBe(true);
    expect(readFileSync(join(folder, 'lib/libtbb.so.12'), 'utf8')).toBe('tbb');
  });

  it('is refused when its files are not those of the wheel', async () => {
    await expect(fill('other contents')).rejects.toThrow(/runtime-linux-x64-full@2026\.4\.0 are not those/);
    expect(readdirSync(runtimes)).toEqual([]);
  });

  it('is replaced by the wheel where it is not published', async () => {
    const asked = new Error('the wheel was asked for');
    await expect(fill('', 'linux-arm64', () => Promise.reject(asked))).rejects.toBe(asked);
  });
});
