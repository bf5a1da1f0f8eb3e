import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fillRuntimeFolder, isComplete } from '../../../scripts/runtime-folder.mjs';
import { contents, makeWheel } from '../../support/fake-wheel.js';

let temp: string;
let wheel: { path: string; sha256: string };
let runtimes: string;
let folder: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'runtime-folder-'));
  wheel = makeWheel(temp);
  runtimes = join(temp, 'runtime');
  folder = join(runtimes, 'linux-x64');
});

afterEach(() => {
  rmSync(temp, { recursive: true });
});

const fill = (release = wheel, onProgress?: (fraction: number) => void) =>
  fillRuntimeFolder(
    folder,
    { version: '2026.4.0', sha256: release.sha256 },
    () => Promise.resolve(release.path),
    onProgress,
  );

/** The command line of another process that fills the folder; both hooks are given as source. */
function otherProcess({ beforeWheel = '() => {}', onProgress = '() => {}' }): string[] {
  const code = `
    import { fillRuntimeFolder } from ${JSON.stringify(pathToFileURL('scripts/runtime-folder.mjs').href)};
    const obtainWheel = async () => {
      await (${beforeWheel})();
      return ${JSON.stringify(wheel.path)};
    };
    const release = ${JSON.stringify({ version: '2026.4.0', sha256: wheel.sha256 })};
    await fillRuntimeFolder(${JSON.stringify(folder)}, release, obtainWheel, ${onProgress});`;
  return ['--input-type=module', '--eval', code];
}

/** Starts another process and waits until it is at work and wants the wheel, which it gets when stdin ends. */
async function startWaiting() {
  const beforeWheel = `() => new Promise((go) => {
    process.stdin.on('end', go).resume();
    console.log('waiting');
  })`;
  const other = spawn(process.execPath, otherProcess({ beforeWheel }), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  return other;
}

describe('the runtime folder', () => {
  it('holds headers, the libraries the addon needs and licences, and nothing else of the wheel', async () => {
    await fill();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
    expect(files).toEqual([
      'include/openvino/core/version.hpp',
      'include/openvino/openvino.hpp',
      'lib/libopenvino.so.2640',
      'lib/libopenvino_intel_cpu_plugin.so',
      'lib/libopenvino_ir_frontend.so.2640',
      'lib/libtbb.so.12',
      'licenses/LICENSE',
      'openvino.json',
    ]);
    const library = readFileSync(join(folder, 'lib/libopenvino.so.2640'), 'utf8');
    expect(library).toBe(contents['openvino/libs/libopenvino.so.2640']);
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
  });

  it('counts as complete for the wheel it came from only, and with all its libraries whole', async () => {
    expect(isComplete(folder, wheel.sha256)).toBe(false);
    await fill();
    expect(isComplete(folder, wheel.sha256)).toBe(true);
    expect(isComplete(folder, 'another hash')).toBe(false);
    truncateSync(join(folder, 'lib/libtbb.so.12'), 1);
    expect(isComplete(folder, wheel.sha256)).toBe(false);
    rmSync(join(folder, 'lib/libtbb.so.12'));
    expect(isComplete(folder, wheel.sha256)).toBe(false);
  });

  it('is replaced as a whole by another release', async () => {
    await fill();
    mkdirSync(join(temp, 'newer'));
    const newer = makeWheel(join(temp, 'newer'), {
      'openvino/include/openvino/openvino.hpp': '// newer',
      'openvino/libs/libopenvino.so.2641': 'newer',
    });
    await fill(newer);
    expect(isComplete(folder, newer.sha256)).toBe(true);
    expect(readdirSync(join(folder, 'lib'))).toEqual(['libopenvino.so.2641']);
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
  });
});

describe('a run that does not come to its end', () => {
  it('leaves nothing where the runtime belongs when it is killed, and the next run clears its remains away', async () => {
    const onProgress = '(done) => { if (done > 0.9) process.kill(process.pid, "SIGKILL"); }';
    const { signal } = spawnSync(process.execPath, otherProcess({ onProgress }));
    expect(signal).toBe('SIGKILL');
    expect(existsSync(folder)).toBe(false);
    const [remains = '', ...others] = readdirSync(runtimes);
    expect(others).toEqual([]);
    expect(existsSync(join(runtimes, remains, 'unfinished/include'))).toBe(true);

    await fill();
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
    expect(isComplete(folder, wheel.sha256)).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing at all after %s', async (signal, expectedCode) => {
    const other = await startWaiting();
    expect(readdirSync(runtimes)).toHaveLength(1);
    other.kill(signal);
    expect(await once(other, 'exit')).toEqual([expectedCode, null]);
    expect(readdirSync(runtimes)).toEqual([]);
  });

  it('leaves the former release as it was', async () => {
    await fill();
    const failing = fill({ ...wheel, sha256: 'newer' }, () => {
      throw new Error('disk trouble');
    });
    await expect(failing).rejects.toThrow('disk trouble');
    expect(isComplete(folder, wheel.sha256)).toBe(true);
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
  });
});

describe('runs at the same time', () => {
  it('do not disturb each other, and one result stands', async () => {
    await Promise.all([fill(), fill(), fill()]);
    expect(isComplete(folder, wheel.sha256)).toBe(true);
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
  });

  it('do not clear away what another process is still working on', async () => {
    const other = await startWaiting();
    await fill();
    expect(readdirSync(runtimes)).toHaveLength(2);
    other.stdin.end();
    expect(await once(other, 'exit')).toEqual([0, null]);
    expect(isComplete(folder, wheel.sha256)).toBe(true);
    expect(readdirSync(runtimes)).toEqual(['linux-x64']);
  });
});
