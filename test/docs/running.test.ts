import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import sharp from 'sharp';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { codeBlocks, readDocuments, usesPipeline, type CodeBlock } from '../support/documents.js';
import { shapesModel } from '../support/shapes-model.js';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What keeps a block from running here, by what it has. */
const NEEDS: readonly (readonly [RegExp, string])[] = [
  [/snapshotDownload\(/, 'a hub'],
  [/fromSingleFile\(/, 'a checkpoint'],
  [/XLPipeline|XLImg2Img|XLInpaint/, 'a model of Stable Diffusion XL'],
  [/LatentConsistency/, 'a latent consistency model'],
  [/taesd/, 'a tiny VAE'],
  [/\.listen\(/, 'a client'],
];

const blocks = readDocuments().flatMap((document) =>
  codeBlocks(document)
    .filter(({ language }) => language === 'ts' || language === 'js')
    .map((block) => ({ ...block, path: document.path })),
);
const runnable = blocks.filter(({ code }) => !NEEDS.some(([pattern]) => pattern.test(code)));
const documents = [...new Set(runnable.map(({ path }) => path))];

/** Where modules are, so that the package is found by its own name, and where they run. */
let modules: string;
let folder: string;

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  modules = await mkdtemp(join(root, '.cache/documents-'));
  folder = await mkdtemp(join(tmpdir(), 'documents-'));
  for (const name of ['model', 'model-with-a-better-vae', 'sdxl', 'stable-diffusion-v1-5'])
    await symlink(shapesModel, join(folder, name));
  const grey = sharp({ create: { width: 128, height: 128, channels: 3, background: '#808080' } });
  for (const name of ['sketch.png', 'mask.png', 'photo.png']) await grey.clone().toFile(join(folder, name));
  await writeFile(
    join(modules, 'pipeline.mjs'),
    `import { OVStableDiffusionPipeline } from 'openvino-diffusers';
     const { generate } = OVStableDiffusionPipeline.prototype;
     OVStableDiffusionPipeline.prototype.generate = function (prompt, options) {
       const few = options?.timesteps ?? options?.sigmas ? {} : { numInferenceSteps: 2 };
       return generate.call(this, prompt, { ...few, ...options });
     };
     export const pipeline = await OVStableDiffusionPipeline.fromPretrained('./model');`,
  );
});

afterAll(async () => {
  await rm(modules, { recursive: true });
  await rm(folder, { recursive: true });
});

/** The block as a module that takes the small model, its size and few steps. */
function moduleOf({ code, language }: CodeBlock): string {
  const small = code
    .replaceAll(/'(stable-diffusion-v1-5\/stable-diffusion-v1-5|org\/model)'/g, "'./model'")
    .replaceAll("variant: 'fp16'", 'export: true')
    .replaceAll(/\b(512|768)\b/g, '128')
    .replaceAll(/numInferenceSteps: \d+/g, 'numInferenceSteps: 2');
  const source = usesPipeline(small) ? `import { pipeline } from './pipeline.mjs';\n${small}` : small;
  if (language === 'js') return source;
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

describe('the code of the documentation runs with the small model', () => {
  it.each(documents)('%s', async (path) => {
    const files = [join(modules, 'pipeline.mjs')];
    for (const block of runnable.filter((one) => one.path === path)) {
      const extension = block.code.includes('require(') ? 'cjs' : 'mjs';
      const file = join(modules, `${path.replaceAll('/', '-')}-line-${block.line}.${extension}`);
      await writeFile(file, moduleOf(block));
      files.push(file);
    }
    // One process for a document: blocks go on from what those before them have saved.
    const all = files.map((file) => `await import(${JSON.stringify(file)});`).join('\n');
    await run(process.execPath, ['--input-type=module', '--eval', `${all}\nprocess.exit();`], {
      cwd: folder,
    });
  });

  it('leaves few out', () => {
    expect(blocks.length - runnable.length).toBeLessThanOrEqual(blocks.length / 4);
    expect(runnable.length).toBeGreaterThan(20);
  });

  it("README's example has saved an image", async () => {
    expect(existsSync(join(folder, 'ship.png'))).toBe(true);
    expect((await stat(join(folder, 'ship.png'))).size).toBeGreaterThan(1000);
  });
});
