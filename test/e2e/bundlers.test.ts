import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readParameters } from '../../lib/index.js';

const root = join(import.meta.dirname, '../..');
const model = join(root, 'test/fixtures/sd-tiny');
let folder: string;

/** An application in a folder of its own, with the package linked into its node_modules. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundlers-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/openvino-diffusers'));
  await symlink(join(root, 'node_modules/sharp'), join(folder, 'node_modules/sharp'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(folder, 'app.mjs'),
    `import { OVStableDiffusionPipeline } from 'openvino-diffusers';
     const [model, output] = process.argv.slice(2);
     try {
       const pipeline = await OVStableDiffusionPipeline.fromPretrained(model);
       const { images } = await pipeline.generate('x', { numInferenceSteps: 2, seed: 1 });
       await images[0].toFile(output);
     } catch (error) {
       console.log(error.code, error.message);
     }`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function run(bundle: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, model, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

async function withEsbuild(name: string, external: string[]): Promise<string> {
  const outfile = join(folder, 'out', name);
  await esbuild.build({
    entryPoints: [join(folder, 'app.mjs')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external,
    logLevel: 'silent',
  });
  return outfile;
}

async function withVite(name: string, ssr: { noExternal?: string[]; external?: string[] }): Promise<string> {
  const outDir = join(folder, 'out', name);
  await viteBuild({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: { ssr: 'app.mjs', outDir, emptyOutDir: false },
    ssr,
  });
  return join(outDir, 'app.js');
}

describe('bundled with the package as external', () => {
  it.each<[string, () => Promise<string>]>([
    ['esbuild', () => withEsbuild('external.mjs', ['openvino-diffusers', 'sharp'])],
    ['Vite', () => withVite('external', { external: ['openvino-diffusers', 'sharp'] })],
  ])('by %s, an application generates', async (name, bundle) => {
    const output = join(folder, `${name}.png`);
    expect(run(await bundle(), output)).toBe('');
    expect(await readParameters(output)).toContain('Steps: 2');
  });
});

describe('bundled with the package inside', () => {
  it.each<[string, () => Promise<string>]>([
    ['esbuild', () => withEsbuild('inside.mjs', ['sharp'])],
    ['Vite', () => withVite('inside', { noExternal: ['openvino-diffusers'], external: ['sharp'] })],
  ])('by %s, the message says to make it external', async (_, bundle) => {
    const message = run(await bundle(), join(folder, 'none.png'));
    expect(message).toMatch(/^(ADDON|RUNTIME)_NOT_FOUND /);
    expect(message).toContain('mark openvino-diffusers as external');
  });
});
