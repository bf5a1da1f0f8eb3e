import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cli, signalAt, type CliOptions, type Finished } from '../support/cli.js';
import { FakeHub, faults, filesOf } from '../support/fake-hub.js';

const model = join(import.meta.dirname, '../fixtures/sd-tiny');
const canLimitFiles = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function generate(args: readonly string[], options?: CliOptions): Promise<Finished> {
  return cli(['generate', '-m', model, '-p', 'a red circle', '--steps', '2', ...args], options);
}

/** Stderr of a command that did no work: it did not even begin to load. */
function refused({ code, stdout, stderr }: Finished): string {
  expect(code).toBe(1);
  expect(stdout.toString()).toBe('');
  expect(stderr).not.toMatch(/Loading|Reading/);
  return stderr;
}

describe('without --model', () => {
  it('generates with the small model of shapes, at the guidance it wants', async () => {
    const shapes = join(import.meta.dirname, '../../packages/shapes');
    const args = ['-p', 'a red circle on a blue background', '--steps', '2', '--seed', '1'];
    const image = async (name: string, ...more: string[]): Promise<Buffer> => {
      const output = join(folder, name);
      const env = { MODEL_DIR: undefined };
      expect(await cli(['generate', ...args, ...more, '-o', output], { env })).toMatchObject({ code: 0 });
      return sharp(output).raw().toBuffer();
    };
    const byDefault = await image('default.png');
    expect(byDefault).toEqual(await image('named.png', '-m', shapes, '--guidance-scale', '3'));
    expect(byDefault).not.toEqual(await image('guided.png', '--guidance-scale', '7.5'));
  });
});

describe('--vae', () => {
  const fixtures = join(import.meta.dirname, '../fixtures/export');
  const vae = join(fixtures, 'inpaint/vae');
  const pixels = (file: string): Promise<Buffer> => sharp(join(folder, file)).raw().toBuffer();

  it("takes the place of the model's own, in generate and in export", async () => {
    const args = ['-p', 'a red circle', '--steps', '4', '--seed', '1', '--size', '32', '--precision', 'f32'];
    const run = async (...more: string[]): Promise<void> => {
      expect(await cli(more)).toMatchObject({ code: 0 });
    };
    const sd1 = join(fixtures, 'sd1');
    const output = (name: string): string => join(folder, name);
    await run('export', sd1, output('model'), '--vae', vae);
    await run('generate', '-m', output('model'), ...args, '-o', output('exported.png'));
    await run('generate', '-m', sd1, '--vae', vae, ...args, '-o', output('swapped.png'));
    await run('generate', '-m', sd1, ...args, '-o', output('own.png'));
    expect(await pixels('swapped.png')).toEqual(await pixels('exported.png'));
    expect(await pixels('swapped.png')).not.toEqual(await pixels('own.png'));
  });

  it('decides which sizes are refused before the work', async () => {
    expect(refused(await generate(['--vae', vae, '--size', '31x32']))).toMatch(/multiples of 2.*31x32/);
  });

  it('that is not there is named', async () => {
    const { code, stderr } = await generate(['--vae', './none', '-o', join(folder, 'cat.png')]);
    expect([code, await readdir(folder)]).toEqual([1, []]);
    expect(stderr).toMatch(/no file or folder \.\/none.*\n\(MODEL_NOT_FOUND\)/);
  });
});

describe('before the work', () => {
  it.each([
    ['a wrong extension', ['-o', 'cat.gif'], /cat\.gif, which ends in \.gif\n\(INVALID_ARGUMENT\)/],
    [
      'a size that does not fit the model',
      ['--size', '31x32'],
      /multiples of \d+.*31x32.*\n\(INVALID_ARGUMENT\)/,
    ],
    ['a size that is none', ['--size', 'large'], /512 or 768x512/],
    ['too many steps', ['--steps', '1001'], /1 to 1000/],
    ['too large a seed', ['--seed', '18446744073709551616'], /0 to 18446744073709551615/],
    ['no images', ['--images', '0'], /whole number from 1/],
    ['an η out of range', ['--eta', '2'], /between 0 and 1 for eta.*\n\(INVALID_ARGUMENT\)/],
    ['several images for standard output', ['-o', '-', '--images', '2'], /one image, not 2/],
    ['two uses of standard output', ['-o', '-', '--json'], /--json and -o -/],
    ['an unknown format', ['-o', '-', '--format', 'gif'], /png, jpeg, webp, avif/],
  ])('%s is refused', async (_, args, words) => {
    expect(refused(await generate(args))).toMatch(words);
  });

  it('an output folder that cannot be made is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(refused(await generate(['-o', join(folder, 'file/cat.png')]))).toMatch(/SAVE_FAILED/);
  });

  it.skipIf(isRoot || process.platform === 'win32')(
    'an output folder without permission is refused',
    async () => {
      await chmod(folder, 0o555);
      expect(refused(await generate(['-o', join(folder, 'cat.png')]))).toMatch(
        /permission denied\n\(SAVE_FAILED\)/,
      );
    },
  );

  it('an existing folder is no place for an export', async () => {
    const source = join(model, '../export/sd1');
    expect(refused(await cli(['export', source, folder]))).toMatch(
      /--overwrite replaces it\n\(SAVE_FAILED\)/,
    );
  });
});

describe('the output', () => {
  it('gets its folders, and --size 64 is square', async () => {
    const file = join(folder, 'a/b/cat.png');
    const { code, stdout } = await generate(['--size', '64', '-o', file]);
    expect([code, stdout.toString()]).toEqual([0, `${file}\n`]);
    expect(await sharp(file).metadata()).toMatchObject({ width: 64, height: 64 });
  });

  it.each([
    [[], 'png'],
    [['--format', 'webp'], 'webp'],
  ])('- is standard output, and nothing else is there (%o)', async (args, format) => {
    const { code, stdout, stderr } = await generate(['-o', '-', ...args]);
    expect(code).toBe(0);
    expect((await sharp(stdout).metadata()).format).toBe(format);
    if (format === 'png') expect(stdout.subarray(-8, -4).toString('latin1')).toBe('IEND');
    expect(stderr).toMatch(/^Step (\d)\/\1, \d+\.\d\d s each$/m);
  });

  it('is described by --json', async () => {
    const files = [join(folder, 'cat-1.png'), join(folder, 'cat-2.png')];
    const args = ['--json', '--images', '2', '--seed', '18446744073709551615', '-o', join(folder, 'cat.png')];
    const { stdout } = await generate(args);
    expect(JSON.parse(stdout.toString())).toMatchObject({ files, seeds: ['18446744073709551615', '0'] });
    expect((await readdir(folder)).sort()).toEqual(['cat-1.png', 'cat-2.png']);
  });

  it('is all that --quiet leaves', async () => {
    const file = join(folder, 'cat.png');
    const { stdout, stderr } = await generate(['--quiet', '-o', file]);
    expect([stdout.toString(), stderr]).toEqual([`${file}\n`, '']);
  });

  it('whose folder disappears while images are generated is saved elsewhere', async () => {
    const [out, elsewhere] = [join(folder, 'out'), join(folder, 'elsewhere')];
    await mkdir(elsewhere);
    const file = join(out, 'cat.png');
    const { code, stdout, stderr } = await generate(['-o', file, '--steps', '60'], {
      cwd: elsewhere,
      onStderr: (text) => {
        if (text.includes('Step 1/')) void rm(out, { recursive: true, force: true });
      },
    });
    expect(code).toBe(1);
    const saved = stdout.toString().trim();
    expect(saved).toMatch(/elsewhere\/cat-[0-9a-f]{8}\.png$/);
    expect((await sharp(saved).metadata()).format).toBe('png');
    expect(stderr).toContain(
      `Cannot write ${file}: its folder does not exist; it was saved as ${saved} instead\n(SAVE_FAILED)`,
    );
  });

  it.skipIf(!canLimitFiles)('that no disk takes leaves nothing behind, and says so', async () => {
    const { code, stdout, stderr } = await generate(['-o', join(folder, 'cat.png'), '--size', '128'], {
      cwd: folder,
      through: ['prlimit', '--fsize=500'],
    });
    expect([code, stdout.toString()]).toEqual([1, '']);
    expect(stderr).toMatch(
      /larger than this process may write; nor anywhere else: the image is lost\n\(SAVE_FAILED\)/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'is saved in a file where nobody reads standard output',
    async () => {
      const { code, stderr } = await generate(['-o', '-'], {
        cwd: folder,
        onStart: (child) => child.stdout?.destroy(),
      });
      expect(code).toBe(1);
      const [name] = await readdir(folder);
      expect(stderr).toContain(`it was saved as ${join(folder, name!)} instead`);
      expect((await readFile(join(folder, name!))).subarray(1, 4).toString()).toBe('PNG');
    },
  );
});

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('(%s) stops generation, and says where', async (signal, code) => {
    const finished = await generate(['--steps', '900', '-o', join(folder, 'cat.png')], {
      onStderr: signalAt(/Step 3\//, signal),
    });
    expect(finished).toMatchObject({ code, signal: null });
    expect(finished.stdout.toString()).toBe('');
    expect(finished.stderr).toMatch(/Stopped while generating \(\d+\/90\d\); no image was written\.\n$/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops a compilation', async () => {
    const args = ['generate', '-p', 'x', '--size', '512', '-o', join(folder, 'cat.png')];
    const finished = await cli(args, { onStderr: signalAt(/^Compiling$/m) });
    expect(finished).toMatchObject({ code: 130, signal: null });
    expect(finished.stderr).toMatch(/Stopped while compiling the networks.*; no image was written\.\n$/);
    expect(finished.stderr).not.toContain('Step');
  });

  it('stops a download, which the next run continues', async () => {
    await using hub = await FakeHub.start();
    const isModel = /^(?!.*(expected|ports))/;
    hub.commit('org/tiny', 'tiny', await filesOf(model, isModel), 'main');
    const stall = 'unet/openvino_model.bin';
    hub.faults.push({ at: stall, times: 1, act: faults.stall(1000) });
    const env = {
      HF_HOME: join(folder, 'home'),
      HF_ENDPOINT: hub.endpoint,
      HF_HUB_CACHE: '',
      HF_HUB_OFFLINE: '',
    };
    const args = ['generate', '-m', 'org/tiny', '-p', 'x', '--steps', '2', '-o', join(folder, 'cat.png')];
    const stopped = cli(args, { env, onStderr: signalAt(/Downloading/) });
    const { code, stderr } = await stopped;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopped while downloading \([\d.]+ of [\d.]+ MB\); no image was written\.\n$/);
    expect((await cli(args, { env })).code).toBe(0);
  });

  it('stops an export, which leaves no folder', async () => {
    const output = join(folder, 'exported');
    const source = join(model, '../export/sd1');
    const { code, stderr } = await cli(['export', source, output], { onStderr: signalAt(/^Reading$/m) });
    expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopped while .*was not written\.\n$/)]);
    expect(await readdir(folder)).toEqual([]);
  });
});
