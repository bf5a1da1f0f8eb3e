/** Packs an assembled folder, and checks what is in it. */
import { join } from 'node:path';

import { megabytes, ScriptError } from '../console.mjs';
import { thirdPartyLicenses } from './assemble.mjs';
import { runNpm } from './npm.mjs';

/**
 * @typedef {object} Tarball
 * @property {string} name
 * @property {string} version
 * @property {string} path
 * @property {number} packedBytes
 * @property {number} unpackedBytes
 * @property {string[]} files
 */

const openvinoLicenses = ['LICENSE', ...thirdPartyLicenses.map((file) => `licenses/${file}`)];

/** What each kind of package may weigh, packed, and what it must have for its licences' sake. */
const RULES = {
  main: { maxBytes: 1.5e6, licenses: ['LICENSE', 'models/clip-tokenizer/LICENSE'] },
  model: { maxBytes: 24e6, licenses: ['LICENSE'] },
  addon: { maxBytes: 0.4e6, licenses: ['LICENSE', 'LICENSE-node-addon-api'] },
  runtime: { maxBytes: 27e6, licenses: openvinoLicenses },
  'full runtime': { maxBytes: 100e6, licenses: openvinoLicenses },
};

/**
 * @param {string} folder
 * @param {string} release where the tarball goes
 * @returns {Tarball}
 */
export function pack(folder, release) {
  // A folder's name alone would be a package's.
  const output = runNpm(['pack', folder, '--pack-destination', release, '--json', '--ignore-scripts']);
  /** @type {{ name: string, version: string, filename: string, size: number, unpackedSize: number, files: { path: string }[] }[]} */
  const [result] = JSON.parse(output);
  if (!result) throw new ScriptError(`npm pack ${folder} has packed nothing.`);
  return {
    name: result.name,
    version: result.version,
    path: join(release, result.filename),
    packedBytes: result.size,
    unpackedBytes: result.unpackedSize,
    files: result.files.map(({ path }) => path),
  };
}

/**
 * @param {Tarball} tarball
 * @param {keyof typeof RULES} kind
 * @returns {string[]} what is wrong with it
 */
export function problemsOf({ name, packedBytes, files }, kind) {
  const { maxBytes, licenses } = RULES[kind];
  const missing = licenses.filter((file) => !files.includes(file));
  return [
    ...(packedBytes > maxBytes
      ? [`${name} is ${megabytes(packedBytes)} packed, more than ${megabytes(maxBytes)}`]
      : []),
    ...missing.map((file) => `${name} lacks ${file}`),
  ];
}

/**
 * @param {readonly Tarball[]} tarballs
 * @returns {string}
 */
export function sizeTable(tarballs) {
  const rows = [
    ['package', 'version', 'packed', 'unpacked', 'files'],
    ...tarballs.map(({ name, version, packedBytes, unpackedBytes, files }) => [
      name,
      version,
      megabytes(packedBytes),
      megabytes(unpackedBytes),
      String(files.length),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}
