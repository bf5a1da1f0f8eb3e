import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { downloadWheel } from '../../../scripts/pip.mjs';
import { makeWheel } from '../../support/fake-wheel.js';

const tag = 'manylinux_2_28_x86_64';
let temp: string;
let scratch: string;
let wheel: { path: string; sha256: string };

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'pip-'));
  scratch = join(temp, 'scratch');
  mkdirSync(scratch);
  wheel = makeWheel(temp);
  // pip then sees this one wheel and no index.
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', temp);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(temp, { recursive: true });
});

describe('downloading a wheel', () => {
  it('gives the file that has the pinned hash', async () => {
    const path = await downloadWheel('2026.4.0', tag, wheel.sha256, scratch);
    expect(readFileSync(path).equals(readFileSync(wheel.path))).toBe(true);
  });

  it('refuses a file with another hash', async () => {
    await expect(downloadWheel('2026.4.0', tag, '0'.repeat(64), scratch)).rejects.toThrow(
      /is not the one scripts\/openvino-wheels\.mjs names, so it was thrown away/,
    );
  });

  it('says so when the index has no wheel for the platform or of the version', async () => {
    await expect(downloadWheel('2026.4.0', 'win_amd64', wheel.sha256, scratch)).rejects.toThrow(
      /has no openvino 2026\.4\.0 for win_amd64/,
    );
  });

  it('names the packages to install, and the way out, where there is no Python', async () => {
    vi.stubEnv('PATH', temp);
    vi.stubEnv('PYTHON', '');
    const failure = downloadWheel('2026.4.0', tag, wheel.sha256, scratch);
    await expect(failure).rejects.toThrow(/apt install python3-pip[^]*dnf[^]*brew[^]*winget[^]*OPENVINO_DIR/);
  });
});
