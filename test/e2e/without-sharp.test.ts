import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const model = join(root, 'test/fixtures/sd-tiny');
const run = promisify(execFile);
let folder: string;

/** An installation of the built package beside a sharp that fails as it does without its platform package. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'without-sharp-'));
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'openvino-diffusers');
  await mkdir(own, { recursive: true });
  await cp(join(root, 'dist'), join(own, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(own, 'package.json'));
  for (const name of ['build', 'runtime']) await symlink(join(root, name), join(own, name), 'junction');
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (['sharp', 'openvino-diffusers'].includes(name) || name.startsWith('.')) continue;
    await symlink(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  await mkdir(join(modules, 'sharp'));
  await writeFile(
    join(modules, 'sharp/package.json'),
    '{"name":"sharp","version":"0.0.0","main":"index.js"}',
  );
  await writeFile(
    join(modules, 'sharp/index.js'),
    `throw new Error('Could not load the "sharp" module using the test runtime\\nPossible solutions: …');`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const useIt = `
  const { OVStableDiffusionPipeline, GeneratedImage, readParameters } = own;
  const failure = (error) => ({ name: error.name, code: error.code, message: error.message, cause: error.cause?.message });
  const pipeline = await OVStableDiffusionPipeline.fromPretrained(${JSON.stringify(model)});
  const options = { numInferenceSteps: 1, seed: 1 };
  const raw = await pipeline.generate('a cat', { ...options, outputType: 'raw' });
  const { images: [image] } = await pipeline.generate('a cat', options);
  const failures = [];
  for (const encode of [() => image.toSharp(), () => image.toBuffer('png'), () => image.toFile('cat.png')]) {
    try {
      await encode();
    } catch (error) {
      failures.push(failure(error));
    }
  }
  await pipeline.dispose();
  console.log(JSON.stringify({ bytes: raw.images[0].data.length, same: Buffer.compare(raw.images[0].data, image.data), failures }));
`;

describe('the built package where sharp cannot be loaded', () => {
  it.each([
    ['import', `const own = await import('openvino-diffusers');${useIt}`, 'module'],
    ['require', `(async () => { const own = require('openvino-diffusers');${useIt} })();`, 'commonjs'],
  ])('generates raw images, and names the remedy when one is encoded (%s)', async (_, script, type) => {
    const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', script], { cwd: folder });
    const { bytes, same, failures } = JSON.parse(stdout) as {
      bytes: number;
      same: number;
      failures: Record<string, string>[];
    };
    expect(bytes % 3).toBe(0);
    expect(bytes).toBeGreaterThan(0);
    expect(same).toBe(0);
    expect(failures).toHaveLength(3);
    for (const failure of failures) {
      expect(failure).toMatchObject({ name: 'OpenVINODiffusersError', code: 'UNSUPPORTED' });
      expect(failure.message).toContain(
        'Could not load the "sharp" module using the test runtime\nInstall it',
      );
      expect(failure.message).toContain('npm install --include=optional sharp');
      expect(failure.cause).toContain('Possible solutions');
    }
    expect(await readdir(folder)).not.toContain('cat.png');
  });
});
