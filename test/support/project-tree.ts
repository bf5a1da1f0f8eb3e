import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'tsdown';

import manifest from '../../package.json' with { type: 'json' };

export const platform = `${process.platform}-${process.arch}`;
export const builtAddon = 'build/Release/openvino_diffusers.node';

/** What a test's child process reports of itself. */
export interface Report {
  /** Who named the runtime. */
  source: string;
  /** The libraries of OpenVINO and oneTBB mapped into the process, sorted. */
  mapped: string[];
  devices: string[];
  openvinoVersion: string;
  /** Instead of the rest, when loading has failed. */
  error?: { code: string; message: string };
}

/** This package as a user has it, in a folder of its own: manifest, bundle, addon, runtime. */
export class ProjectTree {
  /** In the project's build folder, so that libraries can be linked rather than copied. */
  readonly root: string;

  constructor() {
    mkdirSync('build', { recursive: true });
    this.root = mkdtempSync(join(process.cwd(), 'build/test-tree-'));
    const { name, openvino } = manifest;
    writeFileSync(join(this.root, 'package.json'), JSON.stringify({ name, openvino, type: 'module' }));
  }

  /** Bundles the loader as it is published, for `import` and for `require`. */
  async addBundle(): Promise<void> {
    await build({
      config: false,
      entry: { 'load-addon': 'lib/runtime/loading/load-addon.ts' },
      outDir: join(this.root, 'dist/runtime'),
      format: ['esm', 'cjs'],
      platform: 'node',
      fixedExtension: false,
      shims: true,
      dts: false,
      logLevel: 'silent',
    });
  }

  addAddon(from = builtAddon): void {
    link(from, join(this.root, builtAddon));
  }

  /** Puts OpenVINO's libraries into folders below the root, by default all into the own copy's. */
  addRuntime(folderOf: (library: string) => string = () => `runtime/${platform}/lib`): void {
    const libraries = `runtime/${platform}/lib`;
    for (const name of readdirSync(libraries)) {
      link(join(libraries, name), join(this.root, folderOf(name), name));
    }
  }

  /** Installs the platform's packages, as a registry has them. */
  addPlatformPackage(): void {
    const folder = `node_modules/@openvino-diffusers/${platform}`;
    link(builtAddon, this.path(folder, 'openvino_diffusers.node'));
    this.addRuntime(() => `${folder}/lib`);
    writeFileSync(
      this.path(folder, 'index.cjs'),
      `const { join } = require('node:path');
      const runtime = () => ({
        openvinoVersion: ${JSON.stringify(manifest.openvino.version)},
        libraryFolder: join(__dirname, 'lib'),
      });
      module.exports = {
        version: ${JSON.stringify(manifest.version)},
        addonPath: join(__dirname, 'openvino_diffusers.node'),
        runtime,
        fullRuntime() { throw new Error('not installed'); },
      };`,
    );
    const main = { name: `@openvino-diffusers/${platform}`, main: 'index.cjs' };
    writeFileSync(this.path(folder, 'package.json'), JSON.stringify(main));
  }

  /** Installs a package that does nothing. */
  addEmptyPackage(name: string): void {
    mkdirSync(this.path('node_modules', name), { recursive: true });
    writeFileSync(
      this.path('node_modules', name, 'package.json'),
      JSON.stringify({ name, version: '0.1.0' }),
    );
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /**
   * Loads the addon in a new process by running `code`, where `report()` gives the thread's report as a promise and
   * `send` hands one to the test.
   */
  run(
    code = 'send(await report());',
    env: NodeJS.ProcessEnv = {},
    format: 'esm' | 'cjs' = 'esm',
    flags: readonly string[] = [],
  ): Report {
    writeFileSync(this.path('report.mjs'), reportSource(format));
    writeFileSync(this.path('main.mjs'), `import { report, send } from './report.mjs';\n${code}`);
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      [...flags, this.path('main.mjs')],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...env },
      },
    );
    if (status !== 0 || signal)
      throw new Error(`The process ended with ${String(signal ?? status)}: ${stderr}`);
    return JSON.parse(stdout) as Report;
  }

  /** @param part - of the tree; without it, all */
  remove(part = ''): void {
    rmSync(this.path(part), { recursive: true, force: true });
  }
}

function reportSource(format: 'esm' | 'cjs'): string {
  const load =
    format === 'esm'
      ? "import { loadAddon } from './dist/runtime/load-addon.js';"
      : "import { createRequire } from 'node:module';\nconst { loadAddon } = createRequire(import.meta.url)('./dist/runtime/load-addon.cjs');";
  return `${load}
import { readFileSync, writeSync } from 'node:fs';

export async function report() {
  try {
    const { exports, runtime } = loadAddon();
    const devices = await new exports.Core().availableDevices();
    const files = readFileSync('/proc/self/maps', 'utf8').split('\\n').map((line) => line.slice(73));
    const mapped = [...new Set(files.filter((file) => /\\/lib(openvino|tbb)[^/]*$/.test(file)))].sort();
    return { source: runtime.source, mapped, devices, openvinoVersion: exports.openvinoVersion };
  } catch (error) {
    return { error: { code: error.code, message: error.message } };
  }
}

export const send = (result) => writeSync(1, JSON.stringify(result));
`;
}

function link(from: string, to: string): void {
  if (!existsSync(from)) throw new Error(`${from} is not there: run npm run setup before the tests.`);
  mkdirSync(join(to, '..'), { recursive: true });
  linkSync(from, to);
}
