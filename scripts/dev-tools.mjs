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
 * Runs a command of a package, with this very Node and without a shell.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {string} [command] default: the one the package is named after
 * @returns {boolean} whether it has succeeded
 */
export function runTool(name, args, command = name) {
  const { folder, bin } = manifestOf(name);
  const script = join(folder, typeof bin === 'string' ? bin : String(bin?.[command]));
  return runNode(script, args);
}

/**
 * @param {string} script
 * @param {string[]} args
 * @returns {boolean} whether it has succeeded
 */
export function runNode(script, args) {
  return spawnSync(process.execPath, [script, ...args], { stdio: 'inherit', cwd: projectRoot }).status === 0;
}
