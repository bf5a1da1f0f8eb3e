/** Runs npm, the one that runs this script where npm does, without a shell. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ScriptError } from '../console.mjs';
import { projectRoot } from '../project.mjs';

/**
 * @param {string[]} args
 * @param {{ cwd?: string, timeout?: number }} [options]
 * @returns {{ status: number | null, stdout: string, stderr: string }}
 */
export function npm(args, { cwd = projectRoot, timeout } = {}) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [npmScript(), ...args], {
    cwd,
    timeout,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr: error ? error.message : stderr };
}

/**
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {string} what it has printed
 */
export function runNpm(args, options) {
  const { status, stdout, stderr } = npm(args, options);
  if (status !== 0) throw new ScriptError(`npm ${args.join(' ')} has failed:\n${stderr}${stdout}`);
  return stdout;
}

/** The path of npm's script; on Windows it is behind a batch file that only a shell can start. */
export function npmScript() {
  const bin = dirname(process.execPath);
  const candidates = [
    process.env['npm_execpath'],
    join(bin, 'node_modules/npm/bin/npm-cli.js'),
    join(bin, '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  // Under pnpm or yarn npm_execpath is theirs.
  const found = candidates.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  if (!found) throw new ScriptError('npm was not found beside Node. Run this as npm run release.');
  return found;
}
