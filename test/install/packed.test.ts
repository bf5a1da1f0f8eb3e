import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nodeFileTrace } from '@vercel/nft';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import type { LoadReport } from '../../lib/runtime/index.js';
import { assemble } from '../../scripts/release/assemble.mjs';
import { npmScript } from '../../scripts/release/npm.mjs';
import { pack, problemsOf, sizeTable } from '../../scripts/release/pack.mjs';
import { publishAll } from '../../scripts/release/publish.mjs';
import { describedPlatforms, releasePackages } from '../../scripts/release/release-packages.mjs';
import { request, scripts } from '../support/generation-scripts.js';
import { LocalRegistry } from '../support/local-registry.js';
import { packageManagers, packageManagerVersions } from '../support/package-managers.js';
import { builtAddon, platform } from '../support/project-tree.js';

const root = join(import.meta.dirname, '../..');

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let temp: string;
let registry: LocalRegistry;
let npmrc: string;
let tools: string;
/** Of the images that this checkout generates; the command line compiles for one size, and so computes otherwise. */
let expected: string;
let expectedFromCommandLine: string;
/** A PATH with Node and nothing else: no compiler, no CMake, no Python; caches of its own. */
let env: NodeJS.ProcessEnv;

function run([program = '', ...args]: readonly string[], cwd: string): Result {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  return { status, stdout, stderr: error ? error.message : stderr };
}

function succeed(command: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = run(command, cwd);
  if (status !== 0)
    throw new Error(`${command.join(' ')} has ended with ${String(status)}:\n${stderr}${stdout}`);
  return stdout.trim();
}

/** A folder with a package.json, an .npmrc and the scripts, and nothing installed. */
function newProject(name: string): string {
  const folder = join(temp, name);
  mkdirSync(folder);
  const dependencies = {
    'openvino-diffusers': manifest.version,
    // Strict layouts show a project only what it names itself.
    '@openvino-diffusers/shapes': manifest.optionalDependencies['@openvino-diffusers/shapes'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
  writeFileSync(join(folder, '.npmrc'), npmrc);
  for (const [file, text] of Object.entries(scripts)) writeFileSync(join(folder, file), text);
  return folder;
}

function install(name: string, command: readonly string[]): string {
  const folder = newProject(name);
  const start = performance.now();
  succeed(command, folder);
  const seconds = (performance.now() - start) / 1000;
  console.info(`${name}: installed in ${seconds.toFixed(1)} s`);
  return folder;
}

const npmCommand = (...args: string[]): readonly string[] => [process.execPath, npmScript(), ...args];

/** Of the image that the command line in a package's folder writes. */
async function hashFromCommandLine(packageFolder: string): Promise<string> {
  const { prompt, steps, seed } = request;
  const main = join(packageFolder, 'dist/cli/main.js');
  const output = join(temp, 'image.png');
  const options = ['--precision', 'f32', '--steps', String(steps), '--seed', String(seed), '-o', output];
  succeed([process.execPath, main, 'generate', '-p', prompt, ...options], temp);
  return createHash('sha256')
    .update(await sharp(output).raw().toBuffer())
    .digest('hex');
}

const isDescribed = describedPlatforms().includes(platform);

describe.runIf(isDescribed)('the packed packages, installed from a registry', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    temp = mkdtempSync(join(tmpdir(), 'install-'));
    const bin = join(temp, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    env = {
      PATH: bin,
      HOME: temp,
      XDG_CACHE_HOME: join(temp, 'cache'),
      npm_config_cache: join(temp, 'npm-cache'),
    };

    const release = join(temp, 'release');
    const tarballs = [];
    for (const one of releasePackages([platform], { full: false })) {
      const tarball = pack(await assemble(one, release, { [platform]: join(root, builtAddon) }), release);
      expect(problemsOf(tarball, one.kind)).toEqual([]);
      tarballs.push(tarball);
    }
    console.info(sizeTable(tarballs));
    registry = await LocalRegistry.start();
    npmrc = await registry.npmrc();
    writeFileSync(join(temp, '.npmrc'), npmrc);
    process.env.NPM_CONFIG_USERCONFIG = join(temp, '.npmrc');
    publishAll(tarballs, { registry: registry.url, provenance: false, tag: 'latest' });

    tools = join(temp, 'tools/node_modules');
    mkdirSync(join(temp, 'tools'));
    const dependencies = JSON.stringify({ dependencies: packageManagerVersions });
    writeFileSync(join(temp, 'tools/package.json'), dependencies);
    succeed(npmCommand('install', '--ignore-scripts'), join(temp, 'tools'));

    const checkout = [process.execPath, '--input-type=module', '--eval', scripts['script.mjs']];
    expected = succeed(checkout, root);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    expectedFromCommandLine = await hashFromCommandLine(root);
  }, 240_000);

  afterAll(async () => {
    delete process.env.NPM_CONFIG_USERCONFIG;
    await registry.stop();
    rmSync(temp, { recursive: true, force: true });
  });

  describe('by npm, without scripts and without a compiler', () => {
    let folder: string;
    const packageFolder = (name: string): string => join(folder, 'node_modules/@openvino-diffusers', name);
    const mainFolder = (): string => join(folder, 'node_modules/openvino-diffusers');
    const report = (): LoadReport => {
      const code = "console.log(JSON.stringify(require('openvino-diffusers/runtime').loadReport()))";
      return JSON.parse(succeed([process.execPath, '--eval', code], folder)) as LoadReport;
    };

    beforeAll(() => {
      folder = install('npm', npmCommand('install', '--ignore-scripts'));
      const size = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
      console.info(`npm: ${(size / 1e6).toFixed(0)} MB in node_modules`);
    });

    it.each(Object.keys(scripts))("generate the checkout's image with %s", (script) => {
      expect(succeed([process.execPath, script], folder)).toBe(expected);
    });

    it("generate the checkout's image from the command line, with the model that comes along", async () => {
      expect(await hashFromCommandLine(mainFolder())).toBe(expectedFromCommandLine);
    });

    it('run on their own OpenVINO', () => {
      expect(report()).toMatchObject({
        addonPath: join(packageFolder(platform), 'openvino_diffusers.node'),
        source: 'platform package',
        directory: join(packageFolder(`runtime-${platform}`), 'lib'),
      });
    });

    it('run on the OpenVINO with all plugins where that is installed', () => {
      const full = packageFolder(`runtime-${platform}-full`);
      cpSync(packageFolder(`runtime-${platform}`), full, { recursive: true });
      try {
        expect(report().directory).toBe(join(full, 'lib'));
      } finally {
        rmSync(full, { recursive: true });
      }
    });

    it.each(Object.keys(scripts))('are traced, addon and libraries too, from %s', async (script) => {
      const { fileList } = await nodeFileTrace([join(folder, script)], { base: folder });
      const own = (name: string): string => `node_modules/@openvino-diffusers/${name}`;
      const libraries = readdirSync(join(packageFolder(`runtime-${platform}`), 'lib'));
      expect(libraries.length).toBeGreaterThan(5);
      expect([...fileList]).toEqual(
        expect.arrayContaining([
          `${own(platform)}/openvino_diffusers.node`,
          ...libraries.map((library) => `${own(`runtime-${platform}`)}/lib/${library}`),
        ]),
      );
    });

    it('name the command that brings the model of shapes, and it does', async () => {
      rmSync(packageFolder('shapes'), { recursive: true });
      const main = join(mainFolder(), 'dist/cli/main.js');
      const { status, stderr } = run([process.execPath, main, 'generate', '-p', 'x'], folder);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining('MODEL_NOT_FOUND') as string,
      });
      const [, args = ''] = /npm (install \S+)/.exec(stderr) ?? [];
      succeed(npmCommand(...args.split(' '), '--ignore-scripts'), folder);
      expect(await hashFromCommandLine(mainFolder())).toBe(expectedFromCommandLine);
    });

    it('name the command that mends an addon of another release, and it does', () => {
      const file = join(packageFolder(platform), 'package.json');
      const installed = readFileSync(file, 'utf8');
      writeFileSync(file, installed.replace(`"version": "${manifest.version}"`, '"version": "0.0.1"'));
      const { status, stderr } = run([process.execPath, 'script.mjs'], folder);
      expect(status).toBe(1);
      expect(stderr).toContain(`is of openvino-diffusers 0.0.1, this is ${manifest.version}`);
      expect(stderr).not.toContain('npm run setup');
      const [, args = ''] = /npm (install @openvino-diffusers\/\S+)/.exec(stderr) ?? [];
      rmSync(packageFolder(platform), { recursive: true });
      succeed(npmCommand(...args.split(' '), '--ignore-scripts'), folder);
      expect(report().source).toBe('platform package');
    });
  });

  describe('without what the platform needs', () => {
    /** What a project says that cannot load the addon. */
    function failure(folder: string): string {
      const { status, stderr } = run([process.execPath, 'script.mjs'], folder);
      expect(status).toBe(1);
      expect(stderr).toContain('ADDON_NOT_FOUND');
      expect(stderr).not.toMatch(/npm run setup|cmake/i);
      return stderr;
    }

    it('name what was left out, and the command that installs it', () => {
      const folder = install('omitted', npmCommand('install', '--omit=optional', '--ignore-scripts'));
      const [, args = ''] = /\(npm (install --include=optional)\)/.exec(failure(folder)) ?? [];
      succeed(npmCommand(...args.split(' '), '--ignore-scripts'), folder);
      expect(succeed([process.execPath, 'script.mjs'], folder)).toBe(expected);
    });

    it('name the other platform whose packages are there, and the command that adds this one', () => {
      const folder = install('foreign', npmCommand('install', '--ignore-scripts'));
      const own = join(folder, 'node_modules/@openvino-diffusers');
      const other = platform === 'linux-arm64' ? 'linux-x64' : 'linux-arm64';
      rmSync(join(own, platform), { recursive: true });
      mkdirSync(join(own, other));
      writeFileSync(
        join(own, other, 'package.json'),
        JSON.stringify({ name: `@openvino-diffusers/${other}` }),
      );
      const message = failure(folder);
      expect(message).toContain(`@openvino-diffusers/${other} is installed, and this is ${platform}`);
      const [, args = ''] = /or: npm (install \S+ \S+ @openvino-diffusers\/\S+)/.exec(message) ?? [];
      succeed(npmCommand(...args.split(' '), '--ignore-scripts'), folder);
      expect(succeed([process.execPath, 'script.mjs'], folder)).toBe(expected);
    });
  });

  describe.each(packageManagers)('by $name', ({ name, install: installWith, run: runWith }) => {
    it("generate the checkout's image", () => {
      const folder = install(name, installWith(tools));
      for (const script of Object.keys(scripts)) {
        expect(succeed([...runWith(tools), script], folder), script).toBe(expected);
      }
    });
  });
});
