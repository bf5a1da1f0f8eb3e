import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readParameters } from '../../lib/index.js';
import { checkpointOf, writeTensors } from '../support/checkpoints.js';

const root = join(import.meta.dirname, '../..');
const model = join(root, 'test/fixtures/sd-tiny');
const cli = join(root, 'dist/cli/main.js');
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Failure {
  code: number;
  stderr: string;
}

async function failing(...args: string[]): Promise<Failure> {
  return run(process.execPath, [cli, ...args]).then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as Failure,
  );
}

describe('the built package', () => {
  it.each([
    ['import', "const own = await import('openvino-diffusers');", '--input-type=module'],
    ['require', "const own = require('openvino-diffusers');", '--input-type=commonjs'],
  ])('is there for %s, its parts too', async (_, load, type) => {
    const names = 'console.log(typeof own.OVStableDiffusionPipeline, typeof own.DDIMScheduler, own.version)';
    const { stdout } = await run(process.execPath, [type, '-e', `${load}${names}`], { cwd: root });
    expect(stdout).toMatch(/^function function \d+\.\d+\.\d+/);
    for (const part of ['schedulers', 'random', 'runtime']) {
      const script = `${load.replace("diffusers'", `diffusers/${part}'`)}console.log(Object.keys(own).length > 0)`;
      expect((await run(process.execPath, [type, '-e', script], { cwd: root })).stdout.trim()).toBe('true');
    }
  });
});

describe('the command line', () => {
  it('exports a diffusers folder, which then draws', async () => {
    const output = join(folder, 'exported');
    const source = join(root, 'test/fixtures/export/sd1');
    const { stdout } = await run(process.execPath, [
      cli,
      'export',
      source,
      output,
      '--weight-format',
      'fp16',
    ]);
    expect(stdout.trim()).toBe(output);
    expect((await stat(join(output, 'unet', 'openvino_model.bin'))).size).toBeGreaterThan(0);
    const picture = join(folder, 'from-export.png');
    await run(process.execPath, [cli, 'generate', '-m', output, '-p', 'x', '--steps', '4', '-o', picture]);
    expect((await stat(picture)).size).toBeGreaterThan(0);
    expect((await failing('export', source, output)).stderr).toContain('SAVE_FAILED');
  });

  it('exports an original checkpoint, which then draws', async () => {
    const checkpoint = await writeTensors(join(folder, 'sd1.safetensors'), await checkpointOf('sd1'));
    const output = join(folder, 'from-checkpoint');
    const config = join(root, 'test/fixtures/export/sd1');
    await run(process.execPath, [cli, 'export', checkpoint, output, '--config', config]);
    const picture = join(folder, 'from-checkpoint.png');
    await run(process.execPath, [cli, 'generate', '-m', output, '-p', 'x', '--steps', '4', '-o', picture]);
    expect((await stat(picture)).size).toBeGreaterThan(0);
  });

  it('draws pictures into files that say how they were made', async () => {
    const output = join(folder, 'out.png');
    const args = [
      '--model',
      model,
      '--prompt',
      'a red circle',
      '--steps',
      '2',
      '--seed',
      '7',
      '--images',
      '2',
    ];
    const { stdout } = await run(process.execPath, [
      cli,
      'generate',
      ...args,
      '--size',
      '24x32',
      '-o',
      output,
    ]);
    const files = stdout.trim().split('\n');
    expect(files).toEqual([join(folder, 'out-1.png'), join(folder, 'out-2.png')]);
    expect(await readParameters(files[1]!)).toMatch(/^a red circle\n.*Steps: 2, .*Seed: 8, Size: 24x32/s);
  });

  it('takes a scheduler and leaves the parameters out', async () => {
    const output = join(folder, 'out.webp');
    const args = [
      '-m',
      model,
      '-p',
      'a',
      '--steps',
      '2',
      '--scheduler',
      'euler-a',
      '--no-metadata',
      '-o',
      output,
    ];
    await run(process.execPath, [cli, 'generate', ...args]);
    expect((await stat(output)).size).toBeGreaterThan(0);
  });

  it.each([
    [['generate', '-m', model], 'required option', 1],
    [['generate', '-m', join(model, 'nowhere'), '-p', 'a'], 'MODEL_NOT_FOUND', 1],
    [['generate', '-m', model, '-p', 'a', '--size', '31x32'], 'INVALID_ARGUMENT', 1],
    [['generate', '-m', model, '-p', 'a', '--steps', '0'], 'whole number from 1', 1],
    [['generate', '-m', 'model.ckpt', '-p', 'a'], 'pickle', 1],
    [['generate', '-m', 'none.safetensors', '-p', 'a'], 'MODEL_NOT_FOUND', 1],
    [['generate', '-m', model, '-p', 'a', '--prediction-type', 'epsilon'], 'UNKNOWN_OPTION', 1],
    [['export', 'none.safetensors', 'out', '--variant', 'fp16'], 'UNKNOWN_OPTION', 1],
    [['genrate'], 'Did you mean generate', 1],
  ])('fails with a reason: %o', async (args, told, code) => {
    const failure = await failing(...args);
    expect(failure.stderr).toContain(told);
    expect(failure.code).toBe(code);
  });

  it('examines the machine, for people and for programs', async () => {
    const { stdout } = await run(process.execPath, [cli, 'doctor']);
    expect(stdout).toMatch(/OpenVINO +2026\.4\.0.*\n/);
    const report = JSON.parse((await run(process.execPath, [cli, 'doctor', '--json'])).stdout) as Record<
      string,
      unknown
    >;
    expect(report).toMatchObject({
      system: { processors: expect.any(Number) as number },
      runtime: { devices: [expect.objectContaining({ name: 'CPU' })] },
    });
  });
});
