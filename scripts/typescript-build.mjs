/** Bundles lib/ into dist/, when it has changed. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { say, ScriptError } from './console.mjs';
import { manifestOf, runTool } from './dev-tools.mjs';
import { projectRoot } from './project.mjs';
import { hashOf, isCurrent } from './up-to-date.mjs';

/** Not in dist/, which is published. */
const record = join(projectRoot, 'build/dist-built-from');

export function buildTypeScript() {
  const state = hashOf(
    ['lib', 'tsdown.config.ts', 'tsconfig.json', 'package.json'],
    [manifestOf('tsdown').version],
  );
  if (existsSync(join(projectRoot, 'dist/index.js')) && isCurrent(record, state)) {
    say('dist/ is up to date.');
    return;
  }
  say('Bundling lib/ into dist/ …');
  rmSync(record, { force: true });
  if (!runTool('tsdown', ['--logLevel', 'warn']))
    throw new ScriptError('Bundling has failed; the lines above say why.');
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, state);
}
