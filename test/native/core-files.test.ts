import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { Core, graph, MappedFile } from '../../lib/runtime/index.js';
import { scaling, slow } from '../support/small-models.js';

const core = new Core();
const folder = mkdtempSync(join(tmpdir(), 'native-files-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(process.platform !== 'win32')('what has no end', () => {
  const pipe = join(folder, 'pipe.xml');
  const pipedWeights = join(folder, 'pipe.bin');

  it('is refused as a network, as weights and as a mapped file, without waiting for anyone', async () => {
    expect(spawnSync('mkfifo', [pipe, pipedWeights]).status).toBe(0);
    const xml = join(folder, 'good.xml');
    await scaling(2).serialize(xml, join(folder, 'good.bin'));
    for (const read of [
      () => core.readModel(pipe),
      () => core.readModel('/dev/zero'),
      () => core.readModel(folder),
      () => core.readModel(xml, pipedWeights),
      () => core.readModel(xml, '/dev/zero'),
      () => core.readModel(xml, join(folder, 'none.bin')),
    ]) {
      await expect(read()).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    }
    for (const path of [pipe, '/dev/zero']) {
      expect(() => new MappedFile(path)).toThrow(
        expect.objectContaining({
          code: 'MODEL_NOT_FOUND',
          message: expect.stringContaining('not a regular file') as string,
        }),
      );
    }
  });
});

describe('a network description', () => {
  it('of hundreds of megabytes is refused unread', async () => {
    const path = join(folder, 'endless.xml');
    const file = openSync(path, 'w');
    ftruncateSync(file, 2 ** 28 + 1);
    closeSync(file);
    await expect(core.readModel(path)).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('268435457 bytes') as string,
    });
  });
});

/** Kilobytes of a mapped file that are in this process's memory. */
function residentKilobytes(path: string): number {
  const maps = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = maps.filter((map) => map.split('\n')[0]!.endsWith(path));
  expect(own.length).toBeGreaterThan(0);
  return own.reduce((sum, map) => sum + Number(/^Rss: +(\d+) kB/m.exec(map)?.[1]), 0);
}

describe.runIf(process.platform === 'linux')('the pages of mapped weights', () => {
  it('are evicted by the compilation of their network, and by no other', async () => {
    const own = join(folder, 'own');
    const other = join(folder, 'other');
    await writeFile(own, new Float32Array(1 << 20));
    await writeFile(other, new Float32Array(1 << 20));
    using file = new MappedFile(own);
    using bystander = new MappedFile(other);
    const x = graph.parameter('f32', [1, 1024], 'x');
    const weights = graph.mappedConstant('f32', [1024, 1024], file, 0);
    const product = graph.node('MatMul', [x, weights], { transpose_a: false, transpose_b: false });
    using model = graph.model([x], [{ output: product, names: ['y'] }], 'mapped');

    for (const each of [file, bystander]) each.read(0, each.byteLength);
    expect(residentKilobytes(own)).toBeGreaterThan(3000);
    await (await core.compileModel(model)).dispose();
    expect(residentKilobytes(own)).toBe(0);
    expect(residentKilobytes(other)).toBeGreaterThan(3000);

    bystander.read(0, bystander.byteLength);
    await (await core.compileModel(slow(64, 2))).dispose();
    expect(residentKilobytes(other)).toBeGreaterThan(3000);
  });
});

describe('properties', () => {
  it.each([1e-7, 0.1, 1 / 3, 123456789.125, -2.5])('send %d as the number it is', async (value) => {
    // This property takes words, and the refusal says what arrived.
    await expect(core.setProperty('CPU', { PERFORMANCE_HINT: value as never })).rejects.toMatchObject({
      code: 'OPENVINO',
      message: expect.stringContaining(`Wrong value ${value}for`) as string,
    });
  });

  it.each([NaN, Infinity])('refuse %d', async (value) => {
    await expect(core.setProperty('CPU', { INFERENCE_NUM_THREADS: value })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('a process at its limit', () => {
  it('is told that memory is out, for memory and for threads', () => {
    const script = `
      import { spawnSync } from 'node:child_process';
      import { readFileSync } from 'node:fs';
      import { Core, Tensor } from './dist/runtime/index.js';
      const core = new Core();
      await core.availableDevices();
      const codes = new Set();
      try { new Tensor('f32', [2 ** 44]); } catch (error) { codes.add(error.code); }
      const [, kilobytes] = /VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
      const limit = Number(kilobytes) * 1024 + 2 ** 20;
      spawnSync('prlimit', ['--pid', String(process.pid), '--as=' + limit]);
      const results = await Promise.allSettled(Array.from({ length: 100 }, () => core.availableDevices()));
      const refused = results.filter(({ status }) => status === 'rejected');
      for (const { reason } of refused) codes.add(reason.code);
      console.log(JSON.stringify({ refused: refused.length > 0, codes: [...codes] }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ refused: true, codes: ['OUT_OF_MEMORY'] });
  });
});
