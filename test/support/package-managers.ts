import { join } from 'node:path';

/** How a package manager installs what a project's package.json names, and runs a script with what it has installed. */
export interface PackageManager {
  readonly name: string;
  /** Program and arguments, given the folder the package managers are in. */
  readonly install: (tools: string) => readonly [string, ...string[]];
  readonly run: (tools: string) => readonly [string, ...string[]];
}

const node = (): readonly [string] => [process.execPath];
const script = (path: string, ...args: string[]): readonly [string, ...string[]] => [
  process.execPath,
  path,
  ...args,
];

/** Their releases, all of which are on npm. */
export const packageManagerVersions = {
  pnpm: '10.34.8',
  yarn: '1.22.22',
  bun: '1.4.5',
  deno: '2.9.6',
};

const denoFolder = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;

/** Those that bring a runtime of their own run the script with it. */
export const packageManagers: readonly PackageManager[] = [
  {
    name: 'pnpm',
    install: (tools) => script(join(tools, 'pnpm/bin/pnpm.cjs'), 'install', '--ignore-scripts'),
    run: node,
  },
  {
    name: 'yarn',
    install: (tools) =>
      script(
        join(tools, 'yarn/bin/yarn.js'),
        'install',
        '--ignore-scripts',
        '--ignore-engines',
        '--no-lockfile',
      ),
    run: node,
  },
  {
    name: 'bun',
    install: (tools) => [bun(tools), 'install', '--ignore-scripts'],
    run: (tools) => [bun(tools)],
  },
  {
    name: 'deno',
    // What is younger than a day is refused otherwise, and these packages are a minute old.
    install: (tools) => [deno(tools), 'install', '--node-modules-dir=auto', '--minimum-dependency-age=0'],
    run: (tools) => [deno(tools), 'run', '--allow-all', '--node-modules-dir=manual'],
  },
];

const bun = (tools: string): string => join(tools, `@oven/bun-${process.platform}-${process.arch}/bin/bun`);
const deno = (tools: string): string => join(tools, denoFolder, 'deno');
