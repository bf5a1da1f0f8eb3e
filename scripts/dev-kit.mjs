/**
 * Finds what the addon is compiled against: OpenVINO's headers and its main library, of exactly the pinned release.
 * Run as a command it prints them as JSON, which is how CMakeLists.txt and binding.gyp learn of them.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from './console.mjs';
import { hostPlatform, openvinoLibraryName, openvinoVersion, runtimeFolder } from './project.mjs';

/**
 * @typedef {object} DevKit
 * @property {string} platform
 * @property {string} include the folder that holds `openvino/openvino.hpp`
 * @property {string} library what to link against
 */

/** In the order they are looked at; OpenVINO_DIR is CMake's own name for it. */
const variables = ['OPENVINO_DIR', 'INTEL_OPENVINO_DIR', 'OpenVINO_DIR'];

const includeFolders = ['include', 'runtime/include', 'openvino/include', 'Library/include'];
const libraryFolders = [
  ...['lib', 'libs', 'openvino/libs', 'Library/lib'],
  ...['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'lib64'],
  // Intel's archives, seen from their root and from their runtime folder.
  ...['', 'runtime/'].flatMap((root) =>
    ['intel64/Release', 'intel64', 'arm64/Release', 'aarch64'].map((folder) => `${root}lib/${folder}`),
  ),
];

/**
 * Looks where the environment points, then into this package's own copy. For another platform than this one only the
 * latter: what the environment names is installed to be run.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [platform] to build for
 * @returns {{ kit: DevKit | undefined, isOwnCopy: boolean, passedOver: string[] }} `passedOver` says why a place
 *   the environment names was of no use
 */
export function findDevKit(env = process.env, platform = hostPlatform) {
  const passedOver = [];
  for (const name of platform === hostPlatform ? variables : []) {
    const value = env[name];
    if (!value) continue;
    const found = rootsOf(value).map((root) => inspect(root, platform));
    const kit = found.find((result) => typeof result === 'object');
    if (kit) return { kit, isOwnCopy: false, passedOver };
    passedOver.push(`${name}: ${found.join('; ')}`);
  }
  const own = inspect(runtimeFolder(platform), platform);
  return { kit: typeof own === 'object' ? own : undefined, isOwnCopy: true, passedOver };
}

/**
 * OpenVINO_DIR conventionally points at the folder of the CMake config, one to three levels below the root.
 *
 * @param {string} value
 */
function rootsOf(value) {
  const isConfig = existsSync(join(value, 'OpenVINOConfig.cmake'));
  return (isConfig ? ['..', '../..', '../../..'] : ['.']).map((up) => resolve(value, up));
}

/**
 * @param {string} root
 * @param {string} platform
 * @returns {DevKit | string} a string says what is missing
 */
function inspect(root, platform) {
  const include = find(root, includeFolders, 'openvino/openvino.hpp');
  if (!include) return `no openvino/openvino.hpp under ${root}`;
  const version = headerVersion(include);
  if (version !== openvinoVersion) {
    return `has the headers of ${version}, this build needs ${openvinoVersion}`;
  }
  const file = platform.startsWith('win32') ? 'openvino.lib' : openvinoLibraryName(platform);
  const folder = find(root, libraryFolders, file);
  if (!folder) return `no ${file} under ${root}`;
  return { platform, include, library: join(folder, file) };
}

/**
 * @param {string} root
 * @param {string[]} folders
 * @param {string} file
 */
function find(root, folders, file) {
  return folders.map((folder) => join(root, folder)).find((folder) => existsSync(join(folder, file)));
}

/** @param {string} include */
function headerVersion(include) {
  const header = readFileSync(join(include, 'openvino/core/version.hpp'), 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => new RegExp(`#define OPENVINO_VERSION_${part} (\\d+)`).exec(header)?.[1] ?? '?')
    .join('.');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runScript(() => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { platform: { type: 'string', default: '' } },
    });
    // CMake and gyp hand over an empty one for the platform they run on.
    const { kit, passedOver } = findDevKit(process.env, values.platform || hostPlatform);
    if (!kit) {
      const lines = [
        `OpenVINO ${openvinoVersion} was not found. Run node scripts/fetch-runtime.mjs.`,
        ...passedOver,
      ];
      throw new ScriptError(lines.join('\n  '));
    }
    const [property] = positionals;
    // Both build systems want forward slashes, on Windows too.
    const slashed = Object.fromEntries(
      Object.entries(kit).map(([key, value]) => [key, value.replaceAll('\\', '/')]),
    );
    say(property ? String(slashed[property]) : JSON.stringify(slashed));
  });
}
