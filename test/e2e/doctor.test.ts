import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { projectRoot } from '../../scripts/project.mjs';
import { cli } from '../support/cli.js';

describe.skipIf(process.platform !== 'linux')('doctor with a preloaded allocator', () => {
  let folder: string;
  let library: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    // Any library will do: the name is what is recognized, and an allocator may not be installed.
    const maps = await readFile('/proc/self/maps', 'utf8');
    const [some = ''] = /\/\S+\/lib(?:m|dl|pthread)[.-]\S+/.exec(maps) ?? [];
    library = join(folder, 'libjemalloc.so.2');
    await copyFile(some, library);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('loads OpenVINO, as the package does in the main thread, and says what workers need', async () => {
    const env = { LD_PRELOAD: library, TBB_ENABLE_SANITIZERS: '' };
    const { code, stdout } = await cli(['doctor', '--json'], { env });
    expect(code).toBe(0);
    const report = JSON.parse(stdout.toString()) as { advice: string[] };
    expect(report).toMatchObject({
      system: { allocator: 'jemalloc', allocatorCrashes: true },
      runtime: { openvinoVersion: expect.any(String) as string },
    });
    expect(report.advice.join('\n')).toMatch(
      new RegExp(`LD_PRELOAD=${library}.*set TBB_ENABLE_SANITIZERS=1 for workers`),
    );
  });

  it.each([
    ['', 'RUNTIME_NOT_FOUND'],
    ['1', 'loaded'],
  ])('is refused in a worker first, unless TBB_ENABLE_SANITIZERS is 1: %j', async (value, outcome) => {
    const script = `
      const { Worker } = require('node:worker_threads');
      const { pathToFileURL } = require('node:url');
      const url = pathToFileURL(${JSON.stringify(join(projectRoot, 'dist/runtime/index.js'))});
      new Worker(\`import('\${url}').then(({ openvinoVersion }) => openvinoVersion() && 'loaded')
        .catch((error) => error.code).then(console.log)\`, { eval: true });`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      env: { ...process.env, LD_PRELOAD: library, TBB_ENABLE_SANITIZERS: value },
    });
    expect(stdout.trim()).toBe(outcome);
  });

  it('has nothing against it with TBB_ENABLE_SANITIZERS=1', async () => {
    const env = { LD_PRELOAD: library, TBB_ENABLE_SANITIZERS: '1' };
    const { code, stdout } = await cli(['doctor'], { env });
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^allocator +jemalloc$/m);
    expect(stdout.toString()).not.toContain('TBB_ENABLE_SANITIZERS');
  });
});

it('doctor recommends no allocator', async () => {
  const { stdout } = await cli(['doctor', '--json']);
  const { advice, system } = JSON.parse(stdout.toString()) as { advice: string[]; system: object };
  expect(advice.join('\n')).not.toMatch(/malloc/);
  expect(system).toMatchObject({
    memory: { limitBytes: expect.any(Number) as number, availableBytes: expect.any(Number) as number },
  });
});
