/** Command: checks the C++ of the addon, its format and what clang-tidy thinks of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from './console.mjs';
import { nativeFiles } from './native-sources.mjs';
import { projectRoot } from './project.mjs';

const help = `Usage: node scripts/lint-native.mjs [--fix]

Checks native/ with clang-format and clang-tidy, after getting both, of pinned releases, through pip into
.cache/. The addon must have been built.

  --fix   format the files instead of checking their format
  --help  show this text`;

// Another release formats otherwise.
const linters = ['clang-format==22.1.8', 'clang-tidy==22.1.8'];

await runScript(() => {
  const { values } = parseArgs({ options: { fix: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    say(help);
    return;
  }
  const linter = provideLinters();
  const names = nativeFiles('.cc', '.h');
  run(linter('clang-format'), values.fix ? ['-i', ...names] : ['--dry-run', '-Werror', ...names]);

  const build = join(projectRoot, 'build');
  if (!existsSync(join(build, 'compile_commands.json'))) {
    throw new ScriptError(
      'clang-tidy asks how the files are compiled: build the addon first (npm run setup).',
    );
  }
  const sources = nativeFiles('.cc');
  run(linter('clang-tidy'), ['--quiet', '-p', build, ...sources]);
  say(`native/: ${sources.length} sources checked`);
});

/**
 * Installs the linters unless they are there; a folder half-made never has the final name.
 *
 * @returns the path of a linter's program
 */
function provideLinters() {
  const folder = join(projectRoot, '.cache', linters.join('_').replaceAll('==', '-'));
  /** @param {string} name */
  const program = (name) => join(folder, name.replace('-', '_'), 'data', 'bin', name);
  if (existsSync(folder)) return program;
  const scratch = `${folder}.new`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  say(`Getting ${linters.join(' and ')} …`);
  run('python3', [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--target',
    scratch,
    ...linters,
  ]);
  renameSync(scratch, folder);
  return program;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: projectRoot, stdio: 'inherit' });
  if (error) throw new ScriptError(`${command} could not be run: ${error.message}`);
  if (status !== 0) throw new ScriptError(`${command} has complaints; see above.`);
}
