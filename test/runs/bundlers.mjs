/**
 * Command: installs the packed packages into an empty folder and generates one image with each bundler and runtime.
 * Needs the network for the tools; `npm test` has what needs none (test/e2e/bundlers.test.ts).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import sharp from 'sharp';

import { runs } from './definitions.mjs';

const root = resolve(import.meta.dirname, '../..');
const help = `Usage: node test/runs/bundlers.mjs [options] [run...]

Runs: ${Object.keys(runs).join(', ')}. Default: all.

  --packages <folder>  packed packages, as \`npm run release\` leaves them (default: release)
  --keep               keep the folder
  --help               show this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    packages: { type: 'string', default: join(root, 'release') },
    keep: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(runs);
const unknown = names.filter((name) => !(name in runs));
if (values.help || unknown.length > 0) {
  console.log(help);
  process.exit(values.help ? 0 : 1);
}

const folder = mkdtempSync(join(tmpdir(), 'bundlers-'));
const env = {
  ...process.env,
  MODEL_DIR: join(root, 'packages/shapes'),
  NEXT_TELEMETRY_DISABLED: '1',
};

/** @param {string[]} command */
function execute([program = '', ...args], cwd = folder) {
  const local = join(folder, 'node_modules/.bin', program);
  return execFileSync(existsSync(local) ? local : program, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** The pixels of an image as a hash. @param {string} path */
async function hashOf(path) {
  const pixels = await sharp(path).raw().toBuffer();
  return createHash('sha256').update(pixels).digest('hex');
}

const tarballs = readdirSync(values.packages).filter(
  (name) => name.endsWith('.tgz') && !name.includes('-full-'),
);
if (tarballs.length === 0) throw new Error(`There are no packages in ${values.packages}`);
writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
const tools = names.flatMap((name) => runs[name]?.tools ?? []);
const install = ['npm', 'install', '--no-audit', '--no-fund'];
console.log(`Installing ${tarballs.join(', ')} …`);
execute([...install, '--ignore-scripts', ...tarballs.map((name) => resolve(values.packages, name))]);
if (tools.length > 0) execute([...install, ...tools]);
writeFileSync(
  join(folder, 'app.mjs'),
  `import { OVStableDiffusionPipeline } from 'openvino-diffusers';
const pipeline = await OVStableDiffusionPipeline.fromPretrained(process.env.MODEL_DIR);
const { images } = await pipeline.generate('a red circle on a blue background', { numInferenceSteps: 4, seed: 1 });
await images[0].toFile('image.png');
await pipeline.dispose();
`,
);
const image = join(folder, 'image.png');
execute([process.execPath, 'app.mjs']);
const expected = await hashOf(image);

let failures = 0;
for (const name of names) {
  rmSync(image, { force: true });
  try {
    const run = runs[name];
    if (!run) continue;
    for (const [path, text] of Object.entries(run.files ?? {})) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    if (run.copies) cpSync(join(root, run.copies), join(folder, run.copies), { recursive: true });
    await run.act({ folder, env, execute, read: (path) => readFileSync(join(folder, path), 'utf8') });
    if ((await hashOf(image)) !== expected) throw new Error('It generated another image than Node alone');
    console.log(`${name}: the same image as with Node alone`);
  } catch (error) {
    failures++;
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr).slice(-2000));
  }
}
if (values.keep) console.log(folder);
else rmSync(folder, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;
