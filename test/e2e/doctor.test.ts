import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

  it('says that OpenVINO would abort, and does not load it', async () => {
    const env = { LD_PRELOAD: library, TBB_ENABLE_SANITIZERS: '' };
    const { code, stdout } = await cli(['doctor', '--json'], { env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      system: { allocator: 'jemalloc', allocatorCrashes: true },
      runtime: { code: 'UNSUPPORTED' },
      advice: [expect.stringMatching(new RegExp(`LD_PRELOAD=${library}.*Set TBB_ENABLE_SANITIZERS=1`))],
    });
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
