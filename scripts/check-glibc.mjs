/** Command: checks that binaries for Linux load on every system that their package promises. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from './console.mjs';
import { isNewer, neededSymbols, newestVersions } from './elf-versions.mjs';
import { hostPlatform, projectRoot } from './project.mjs';

const help = `Usage: node scripts/check-glibc.mjs [--platform <platform>] [--manifest <package.json>] [file or folder …]

Compares the versions of glibc's and libstdc++'s symbols that binaries refer to with what their package.json
promises in config.glibc, config.glibcxx and config.cxxabi, each like ">=2.28". Of a folder, the addons
(.node) and shared libraries (.so) directly in it are checked. Exits with 1 and the symbols that break the promise.

  --platform <platform>      whose npm/<platform>/package.json promises (default: ${hostPlatform})
  --manifest <package.json>  another one that does
  --help                     show this text

Default for the files: the addon in build/Release.`;

/** The field of package.json's config for each set of versions. */
const fields = /** @type {const} */ ({ GLIBC: 'glibc', GLIBCXX: 'glibcxx', CXXABI: 'cxxabi' });

await runScript(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: 'string', default: hostPlatform },
      manifest: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    say(help);
    return;
  }
  const manifest = values.manifest ?? join(projectRoot, 'npm', values.platform, 'package.json');
  const promised = promisedVersions(manifest);
  const given = positionals.length > 0 ? positionals : [join(projectRoot, 'build/Release')];
  const files = given.flatMap(binariesIn);
  if (files.length === 0)
    throw new ScriptError(`There is no addon or shared library in ${given.join(', ')}.`);

  const broken = files.flatMap((file) => check(file, promised));
  if (broken.length > 0) {
    throw new ScriptError(`${manifest} promises what the files do not keep:\n  ${broken.join('\n  ')}`);
  }
});

/**
 * @param {string} manifest
 * @returns {Map<string, string>} the newest version that may be needed, by set
 */
function promisedVersions(manifest) {
  /** @type {{ config?: Record<string, string> }} */
  const { config = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  const promised = new Map();
  for (const [set, field] of Object.entries(fields)) {
    const range = config[field];
    if (range === undefined) continue;
    const [, version] = /^>=\s*(\d+(?:\.\d+)+)$/.exec(range) ?? [];
    if (!version) throw new ScriptError(`config.${field} in ${manifest} is '${range}', not like '>=2.28'.`);
    promised.set(set, version);
  }
  if (!promised.has('GLIBC'))
    throw new ScriptError(`${manifest} promises no glibc: config.glibc is missing.`);
  return promised;
}

/** @param {string} path */
function binariesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.node$|\.so(\.\d+)*$/.test(name))
    .map((name) => join(path, name));
}

/**
 * @param {string} file
 * @param {Map<string, string>} promised
 * @returns {string[]} the symbols that need more, a line each
 */
function check(file, promised) {
  const symbols = neededSymbols(file);
  const newest = Object.entries(newestVersions(symbols)).map(([set, version]) => `${set} ${version}`);
  say(`${basename(file)}: ${newest.sort().join(', ') || 'nothing of glibc or libstdc++'}`);
  return symbols
    .filter(({ set, version }) => isNewer(version, promised.get(set) ?? version))
    .map(({ set, version, name }) => `${basename(file)} needs ${name}@${set}_${version}`);
}
