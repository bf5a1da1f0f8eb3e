import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import manifest from '../../../package.json' with { type: 'json' };
import shapes from '../../../packages/shapes/package.json' with { type: 'json' };
import { problemsOf } from '../../../scripts/release/pack.mjs';
import { isLocalRegistry, requireAddresses } from '../../../scripts/release/publish.mjs';
import { describedPlatforms, releasePackages } from '../../../scripts/release/release-packages.mjs';

const root = join(import.meta.dirname, '../../..');
const packages = releasePackages(describedPlatforms(), { full: true });
const find = (name: string) => packages.find((one) => one.manifest.name === name)?.manifest;

describe('the packages of a release', () => {
  it('come after what they depend on', () => {
    const names = packages.map((one) => one.manifest.name);
    for (const [place, { manifest: of }] of packages.entries()) {
      const own = Object.keys({ ...of.dependencies, ...of.optionalDependencies });
      for (const name of own.filter((dependency) => dependency.startsWith('@openvino-diffusers/'))) {
        expect(names.slice(0, place), `${of.name} depends on ${name}`).toContain(name);
      }
    }
  });

  it('depend on each other by exact versions', () => {
    expect(find('@openvino-diffusers/linux-x64')).toMatchObject({
      version: manifest.version,
      ...{ os: ['linux'], cpu: ['x64'], libc: ['glibc'], preferUnplugged: true },
      dependencies: { '@openvino-diffusers/runtime-linux-x64': manifest.openvino.version },
      peerDependencies: { '@openvino-diffusers/runtime-linux-x64-full': manifest.openvino.version },
    });
    expect(find('@openvino-diffusers/runtime-linux-x64')).toMatchObject({
      version: manifest.openvino.version,
      openvino: manifest.openvino,
    });
  });

  it('have a main one that lists what is published with it and nothing else', () => {
    const [only] = releasePackages(['linux-x64'], { full: false }).slice(-1);
    expect(only?.manifest.optionalDependencies).toEqual({
      '@openvino-diffusers/shapes': shapes.version,
      '@openvino-diffusers/linux-x64': manifest.version,
    });
    expect(only?.manifest).not.toHaveProperty('devDependencies');
    expect(only?.manifest).not.toHaveProperty('scripts');
    expect(only?.manifest).not.toHaveProperty('workspaces');
    expect(only?.manifest).toMatchObject({ dependencies: manifest.dependencies, exports: manifest.exports });
  });

  it('run no scripts when they are installed', () => {
    for (const { manifest: of } of packages) expect(of).not.toHaveProperty('scripts');
  });

  it.each(describedPlatforms())(
    'are named literally in the loader for %s, for tools that trace files',
    (platform) => {
      const loader = readFileSync(join(root, 'lib/runtime/loading/platform-package.ts'), 'utf8');
      expect(loader).toContain(`require('@openvino-diffusers/${platform}')`);
    },
  );

  it('for a platform that is not described are refused', () => {
    expect(() => releasePackages(['sunos-x64'], { full: true })).toThrow(
      /npm\/runtime-sunos-x64\/package\.json/,
    );
  });
});

describe('a package', () => {
  const tarball = { name: 'p', version: '1.0.0', path: '', unpackedBytes: 0, packedBytes: 0, files: [''] };

  it('without its licences, or too large, is not fit to publish', () => {
    const files = ['LICENSE', 'LICENSE-node-addon-api', 'index.cjs'];
    expect(problemsOf({ ...tarball, files, packedBytes: 400_000 }, 'addon')).toEqual([]);
    expect(problemsOf({ ...tarball, files, packedBytes: 400_001 }, 'addon')).toEqual([
      expect.stringContaining('more than 0.4 MB'),
    ]);
    expect(problemsOf({ ...tarball, files: ['LICENSE'] }, 'addon')).toEqual([
      'p lacks LICENSE-node-addon-api',
    ]);
    expect(problemsOf({ ...tarball, files: ['LICENSE'] }, 'runtime')).toHaveLength(3);
  });

  it('is published to others only with the addresses that npm shows', () => {
    const of = { name: 'p', version: '1.0.0' };
    expect(() => {
      requireAddresses({ ...of, homepage: 'x' });
    }).toThrow(/lacks repository, bugs/);
    expect(() => {
      requireAddresses({ ...of, homepage: 'x', repository: 'y', bugs: 'z' });
    }).not.toThrow();
  });

  it.each([
    ['http://127.0.0.1:4873', true],
    ['http://127.9.9.9/', true],
    ['http://localhost:1', true],
    ['http://[::1]:4873/', true],
    ['https://registry.example.org', false],
    ['http://localhost.example.org', false],
    ['http://127.0.0.1.example.org', false],
  ])('goes to %s without them: %s', (registry, isLocal) => {
    expect(isLocalRegistry(registry)).toBe(isLocal);
  });
});
