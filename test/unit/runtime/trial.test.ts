import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RuntimeLocation } from '../../../lib/runtime/loading/locate-runtime.js';
import { requireUsable } from '../../../lib/runtime/loading/trial.js';
import { builtAddon, platform } from '../../support/project-tree.js';
import manifest from '../../../package.json' with { type: 'json' };

let temp: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'trial-'));
  env = { PATH: process.env.PATH, XDG_CACHE_HOME: join(temp, 'cache'), OPENVINO_DIFFUSERS_TRIAL: '1' };
});
afterEach(() => {
  rmSync(temp, { recursive: true });
});

const directory = resolve('runtime', platform, 'lib');
const runtime: RuntimeLocation = {
  source: 'own copy',
  directory,
  libraryPath: join(directory, `libopenvino.so.${manifest.openvino.version.slice(2).replaceAll('.', '')}`),
  tbbPath: undefined,
  version: manifest.openvino.version,
  usable: true,
  outcome: 'usable',
};
const records = (): string[] => {
  const folder = join(temp, 'cache/openvino-diffusers/trials');
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** A root whose processor has these features. */
function machine(flags: string): string {
  mkdirSync(join(temp, 'proc'), { recursive: true });
  writeFileSync(join(temp, 'proc/cpuinfo'), `processor\t: 0\nflags\t\t: ${flags}\n`);
  return temp;
}

/** A library that ends the process that loads it. */
function crashingAddon(signal: string): string {
  const source = join(temp, 'crash.c');
  writeFileSync(
    source,
    `#include <signal.h>\n__attribute__((constructor)) static void crash(void) { raise(${signal}); }\n`,
  );
  const path = join(temp, `${signal}.node`);
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', path, source], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return path;
}

describe.runIf(platform === 'linux-x64')('a processor without AVX2', () => {
  it('is refused by name before anything is loaded', () => {
    expect(() => {
      requireUsable('/nowhere.node', runtime, {}, machine('fpu sse4_2 avx'));
    }).toThrow(
      expect.objectContaining({
        name: 'RuntimeNotFoundError',
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/no AVX2.*OPENVINO_DIFFUSERS_TRIAL=0/) as string,
      }),
    );
  });

  it('is accepted when the check is turned off', () => {
    requireUsable('/nowhere.node', runtime, { OPENVINO_DIFFUSERS_TRIAL: '0' }, machine('fpu'));
  });

  it('costs no process where it has AVX2', () => {
    requireUsable(crashingAddon('SIGILL'), runtime, {}, machine('fpu avx2'));
  });
});

describe.runIf(process.platform === 'linux')('a trial in a child process', () => {
  it('computes with the real libraries, once for each addon', () => {
    requireUsable(resolve(builtAddon), runtime, env);
    const [first] = records();
    expect(records()).toHaveLength(1);
    // With the record there, the child would not even be asked about an addon that crashes.
    requireUsable(resolve(builtAddon), runtime, env);
    expect(records()).toEqual([first]);

    copyFileSync(builtAddon, join(temp, 'another.node'));
    requireUsable(join(temp, 'another.node'), runtime, env);
    expect(records()).toHaveLength(2);
  });

  it.each(['SIGILL', 'SIGSEGV', 'SIGABRT'])('makes %s an error, which is not kept', (signal) => {
    const addon = crashingAddon(signal);
    const attempt = () => {
      requireUsable(addon, runtime, env);
    };
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining(signal) as string }),
    );
    expect(attempt).toThrow();
    expect(records()).toEqual([]);
  });

  it('is left to the load itself where the addon only fails to load', () => {
    writeFileSync(join(temp, 'text.node'), 'no addon');
    expect(() => {
      requireUsable(join(temp, 'text.node'), runtime, env);
    }).not.toThrow();
    expect(records()).toEqual([]);
  });

  it('does not start where the process has OpenVINO already, within a trial, or with nowhere to keep its result', () => {
    const addon = crashingAddon('SIGILL');
    requireUsable(addon, { ...runtime, source: 'this process' }, env);
    requireUsable(addon, undefined, env);
    requireUsable(addon, runtime, { ...env, OPENVINO_DIFFUSERS_IN_TRIAL: '1' });
    writeFileSync(join(temp, 'file'), '');
    requireUsable(resolve(builtAddon), runtime, { ...env, XDG_CACHE_HOME: join(temp, 'file') });
  });
});
