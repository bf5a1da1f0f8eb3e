import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { locatePackage } from '../../../lib/runtime/loading/locate-package.js';
import manifest from '../../../package.json' with { type: 'json' };

let temp: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'locate-package-'));
});

afterEach(() => {
  rmSync(temp, { recursive: true });
});

describe('the root of the package', () => {
  it('is found from its sources', () => {
    expect(locatePackage()).toEqual({ root: process.cwd(), openvinoVersion: manifest.openvino.version });
  });

  it('is found from a bundle at any depth, past the manifests of other packages', () => {
    mkdirSync(join(temp, 'dist/runtime'), { recursive: true });
    writeFileSync(
      join(temp, 'package.json'),
      JSON.stringify({ name: 'openvino-diffusers', openvino: { version: '2026.4.0' } }),
    );
    writeFileSync(join(temp, 'dist/package.json'), '{"type":"commonjs"}');
    expect(locatePackage(join(temp, 'dist/runtime/index.cjs'))).toEqual({
      root: temp,
      openvinoVersion: '2026.4.0',
    });
  });

  it('is missing, with advice, when a bundler has moved the code elsewhere', () => {
    writeFileSync(join(temp, 'package.json'), '{"name":"some-app"}');
    expect(() => locatePackage(join(temp, 'bundle.js'))).toThrow(
      expect.objectContaining({
        code: 'ADDON_NOT_FOUND',
        message: expect.stringContaining('mark openvino-diffusers as external') as string,
      }),
    );
  });
});
