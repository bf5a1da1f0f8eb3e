/** The tools among this project's development dependencies. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { ScriptError } from './console.mjs';
import { projectRoot } from './project.mjs';

const require = createRequire(join(projectRoot, 'package.json'));

/**
 * An installed package's folder, version and commands.
 *
 * @param {string} name
 * @returns {{ folder: string, version: string, bin?: string | Record<string, string> }}
 */
export function manifestOf(name) {
  let path;
  try {
    path = require.resolve(`${name}/package.json`);
  } catch (cause) {
    const message = `${name} is not installed. Run npm install, with development dependencies, in ${projectRoot}.`;
    throw new ScriptError(message, { cause });
  }
  return { folder: dirname(path), ...require(path) };
}

/**
 * Runs the command a package is named after, with this very Node and without a shell.
 *
 * @param {string} name
 * @param {string[]} args
 * @returns {boolean} whether it has succeeded
 */
export function runTool(name, args) {
  const { folder, bin } = manifestOf(name);
  const script = join(folder, typeof bin === 'string' ? bin : String(bin?.[name]));
  return spawnSync(process.execPath, [script, ...args], { stdio: 'inherit', cwd: projectRoot }).status === 0;
}
