import { linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { cli } from '../support/cli.js';
import { platform } from '../support/project-tree.js';

const model = join(import.meta.dirname, '../fixtures/sd-tiny');
const libraries = join(import.meta.dirname, '../../runtime', platform, 'lib');
let folder: string;

beforeEach(() => {
  // In the project's build folder, so that libraries can be linked rather than copied.
  folder = mkdtempSync(join(import.meta.dirname, '../../build/test-runtime-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('an OpenVINO without its reader of networks is named as incomplete, not the model', async () => {
  const readers = readdirSync(libraries).filter((name) => name.includes('ir_frontend'));
  expect(readers).toHaveLength(1);
  for (const name of readdirSync(libraries)) {
    if (!readers.includes(name)) linkSync(join(libraries, name), join(folder, name));
  }
  const args = ['generate', '-m', model, '-p', 'x', '--steps', '1', '-o', join(folder, 'x.png')];
  const { code, stderr } = await cli(args, { env: { OPENVINO_DIR: folder } });
  expect(code).toBe(1);
  expect(stderr).toContain(`OpenVINO in ${folder} is incomplete: it lacks ${readers[0] ?? ''}`);
  expect(stderr).toContain('(RUNTIME_NOT_FOUND)');
});
