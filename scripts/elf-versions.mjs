/** What an ELF file (a shared library or addon for Linux, of any processor) needs of the libraries of its system. */
import { spawnSync } from 'node:child_process';

import { ScriptError } from './console.mjs';

/**
 * @typedef {object} NeededSymbol
 * @property {string} name as it is exported, e.g. `fstat`
 * @property {string} set of versions it belongs to: `GLIBC`, `GLIBCXX` or `CXXABI`
 * @property {string} version e.g. `2.33`
 */

/**
 * The undefined symbols of a file that are bound to a version of glibc or libstdc++.
 *
 * @param {string} file
 * @returns {NeededSymbol[]}
 */
export function neededSymbols(file) {
  // readelf reads files of every processor; objdump only those it was built for.
  const { status, stdout, stderr, error } = spawnSync('readelf', ['--dyn-syms', '--wide', file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error)
    throw new ScriptError(`readelf could not be run (Debian: apt install binutils): ${error.message}`);
  // Of a file that is no ELF file, readelf only complains.
  if (status !== 0 || !stdout.includes('Symbol table')) {
    throw new ScriptError(
      `${file} is not a shared library for Linux: ${stderr.trim() || 'it has no symbols'}`,
    );
  }
  const symbols = stdout.matchAll(/ UND (\S+?)@{1,2}(GLIBC|GLIBCXX|CXXABI)_([\d.]+)/g);
  return Array.from(symbols, ([, name = '', set = '', version = '']) => ({ name, set, version }));
}

/**
 * Whether version `a` is newer than `b`, number by number.
 *
 * @param {string} a
 * @param {string} b
 */
export function isNewer(a, b) {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}

/**
 * The newest version of each set that the symbols need.
 *
 * @param {NeededSymbol[]} symbols
 * @returns {Record<string, string>}
 */
export function newestVersions(symbols) {
  /** @type {Record<string, string>} */
  const newest = {};
  for (const { set, version } of symbols) {
    const known = newest[set];
    if (known === undefined || isNewer(version, known)) newest[set] = version;
  }
  return newest;
}
