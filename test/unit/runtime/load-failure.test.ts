import { describe, expect, it } from 'vitest';

import { RuntimeNotFoundError } from '../../../lib/common/errors.js';
import { version } from '../../../lib/common/version.js';
import { loadFailure, type Host, type LoadAttempts } from '../../../lib/runtime/loading/load-failure.js';
import type { RuntimeCandidate } from '../../../lib/runtime/loading/locate-runtime.js';

const location = { root: '/app/node_modules/openvino-diffusers', openvinoVersion: '2026.4.0' };
const linux: Host = { platform: 'linux-x64', libc: 'other', isMainThread: true };
const built = { place: '/app/addon.node', path: '/app/addon.node', outcome: 'found' };
const notBuilt = { place: '/app/addon.node', path: undefined, outcome: 'not there' };

const usable: RuntimeCandidate = {
  source: 'own copy',
  directory: '/app/runtime',
  libraryPath: '/app/runtime/libopenvino.so.2640',
  tbbPath: undefined,
  version: '2026.4.0',
  usable: true,
  outcome: 'usable',
};
const refused = (
  source: RuntimeCandidate['source'],
  outcome: string,
  version?: string,
): RuntimeCandidate => ({
  source,
  directory: '/somewhere',
  libraryPath: undefined,
  version,
  usable: false,
  outcome,
});

function explain(attempts: LoadAttempts, host: Host = linux) {
  const error = loadFailure(location, host, attempts);
  const [tried = '', solutions = ''] = error.message.split('Possible solutions:\n');
  return { error, tried, solutions: solutions.split('\n') };
}

describe('the error for an addon that does not load', () => {
  it('lists every place with what came of it', () => {
    const runtimes = [refused('OPENVINO_DIR', 'no OpenVINO libraries there'), usable];
    const { error, tried } = explain({ addons: [notBuilt], runtimes });
    expect(error).toBeInstanceOf(RuntimeNotFoundError);
    expect(tried).toContain('/app/addon.node: not there');
    expect(tried).toContain('OPENVINO_DIR (/somewhere): no OpenVINO libraries there');
    expect(tried).toContain('own copy (/app/runtime): usable');
  });

  it('has a code for each of the two things that can be missing', () => {
    expect(explain({ addons: [notBuilt], runtimes: [usable] }).error.code).toBe('ADDON_NOT_FOUND');
    expect(explain({ addons: [built], runtimes: [] }).error.code).toBe('RUNTIME_NOT_FOUND');
  });

  it('keeps the cause', () => {
    const cause = new Error('dlopen');
    expect(loadFailure(location, linux, { addons: [built], runtimes: [usable] }, cause).cause).toBe(cause);
  });
});

describe('its solutions', () => {
  const withOutcome = (outcome: string) =>
    explain({ addons: [{ ...built, outcome }], runtimes: [usable] }).solutions;

  it.each([
    [
      'libstdc++.so.6: cannot open shared object file: No such file or directory',
      "the system's package that has libstdc++.so.6",
    ],
    [
      'libtbb.so.12: cannot open shared object file: No such file or directory',
      'libtbb.so.12 is part of OpenVINO',
    ],
    ["/lib/libc.so.6: version `GLIBC_2.34' not found (required by x)", 'it lacks GLIBC_2.34'],
    ["/lib/libstdc++.so.6: version `GLIBCXX_3.4.29' not found", 'it lacks GLIBCXX_3.4.29'],
    ['/app/addon.node: invalid ELF header', 'built for another system'],
  ])('fit the loader saying "%s"', (outcome, solution) => {
    expect(withOutcome(outcome)).toContainEqual(expect.stringContaining(solution));
  });

  it('are to build the addon when it is not there, and to get OpenVINO when only that is missing', () => {
    expect(explain({ addons: [notBuilt], runtimes: [] }).solutions.join()).toContain('npm run setup');
    const { solutions } = explain({
      addons: [built],
      runtimes: [refused('own copy', 'no OpenVINO libraries there')],
    });
    expect(solutions.join()).toContain('fetch-runtime.mjs');
    expect(solutions.join()).not.toContain('npm run setup');
  });

  it('name the variable or the package whose release is wrong', () => {
    const runtimes = [
      refused('INTEL_OPENVINO_DIR', 'old', '2026.3.1'),
      refused('openvino-node', 'old', '2025.4.0'),
    ];
    const { solutions } = explain({ addons: [built], runtimes });
    expect(solutions).toContainEqual(
      expect.stringMatching(/Let INTEL_OPENVINO_DIR lead to OpenVINO 2026\.4\.0/),
    );
    expect(solutions).toContainEqual(
      expect.stringContaining('npm install openvino-node@2026.4.0 (found 2025.4.0)'),
    );
  });

  it('name the package for the platform that is of another release', () => {
    const other = {
      place: '@openvino-diffusers/linux-x64',
      path: undefined,
      outcome: '',
      otherVersion: '0.0.9',
    };
    const runtime = {
      ...refused('platform package', 'old', '2026.3.1'),
      packageName: '@openvino-diffusers/runtime-linux-x64',
    };
    const { solutions } = explain({ addons: [other], runtimes: [runtime] });
    expect(solutions).toContainEqual(
      expect.stringContaining(`npm install @openvino-diffusers/linux-x64@${version} (found 0.0.9)`),
    );
    expect(solutions).toContainEqual(
      expect.stringContaining('npm install @openvino-diffusers/runtime-linux-x64@2026.4.0 (found 2026.3.1)'),
    );
  });

  it('speak of musl, of unsupported platforms and of workers on Windows only there', () => {
    const attempts = { addons: [built], runtimes: [usable] };
    const on = (host: Partial<Host>) => explain(attempts, { ...linux, ...host }).solutions.join('\n');
    expect(on({ libc: 'musl' })).toContain('Alpine');
    expect(on({ platform: 'freebsd-x64' })).toContain('For freebsd-x64, build OpenVINO yourself');
    expect(on({ platform: 'win32-x64', isMainThread: false })).toContain('before starting workers');
    expect(on({})).not.toMatch(/Alpine|freebsd|workers/);
  });
});

describe('the solutions for an installed package', () => {
  const installed: Host = { ...linux, isInstalled: true };
  const on = (host: Partial<Host>, attempts: LoadAttempts): string =>
    explain(attempts, { ...installed, ...host }).solutions.join('\n');
  const broken = (outcome: string): LoadAttempts => ({ addons: [{ ...built, outcome }], runtimes: [usable] });

  it.each<[string, Partial<Host>, LoadAttempts]>([
    ['no package', {}, { addons: [notBuilt], runtimes: [] }],
    [
      'a package of another platform',
      { foreignPackages: ['darwin-arm64'] },
      { addons: [notBuilt], runtimes: [] },
    ],
    [
      'no package for OpenVINO',
      {},
      { addons: [built], runtimes: [refused('platform package', 'not installed')] },
    ],
    ['a file of another system', {}, broken('invalid ELF header')],
    ['an unsupported platform', { platform: 'freebsd-x64' }, { addons: [notBuilt], runtimes: [] }],
    ['musl', { libc: 'musl' }, { addons: [notBuilt], runtimes: [] }],
    ['an old glibc', {}, broken("version `GLIBC_2.34' not found")],
  ])('never are to build: %s', (_, host, attempts) => {
    const solutions = on(host, attempts);
    expect(solutions).not.toMatch(/npm run|scripts\/|\bbuild (it|OpenVINO|the)|Build/);
    expect(solutions.split('\n').length).toBeGreaterThan(1);
  });

  it('are an image with glibc, and nothing to install, on musl', () => {
    const solutions = on({ libc: 'musl' }, { addons: [notBuilt], runtimes: [] });
    expect(solutions).toContain('node:slim');
    expect(solutions).not.toContain('npm install');
  });

  it('name the package for OpenVINO with its release', () => {
    const runtimes = [refused('platform package', 'not installed')];
    expect(on({}, { addons: [built], runtimes })).toContain('@openvino-diffusers/runtime-linux-x64@2026.4.0');
  });

  it('name what a system must have, and what this one has', () => {
    const solutions = on({ glibcVersion: '2.17' }, broken("version `GLIBC_2.28' not found"));
    expect(solutions).toMatch(/it has glibc 2\.17.*lacks GLIBC_2\.28.*glibc 2\.28.*Ubuntu 20\.04/);
    expect(on({}, broken("version `CXXABI_1.3.13' not found"))).toContain('lacks CXXABI_1.3.13');
  });

  it.each<[string, Partial<Host>, LoadAttempts, string]>([
    ['found', { otherOpenVINOs: ['2025.4.1'] }, broken('undefined symbol: _ZN2ov'), '2025.4.1'],
    ['reported', {}, broken('runs on OpenVINO 2025.4.1-123, this build needs 2026.4.0'), '2025.4.1-123'],
  ])('are one OpenVINO for all where another is %s in the process', (_, host, attempts, version) => {
    const solutions = on(host, attempts);
    expect(solutions).toContain(`This process has OpenVINO ${version} already`);
    expect(solutions).toContain('npm install openvino-node@2026.4.0');
    expect(on({}, broken('something else'))).not.toContain('already');
  });
});
