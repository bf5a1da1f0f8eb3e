/** Builds the addon, with cmake-js or with node-gyp, when its sources or what it is built with have changed. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { say, ScriptError } from './console.mjs';
import { findDevKit } from './dev-kit.mjs';
import { manifestOf, runTool } from './dev-tools.mjs';
import { hostPlatform, openvinoVersion, projectRoot } from './project.mjs';
import { provideRuntime } from './runtime-folder.mjs';
import { hashOf, isCurrent } from './up-to-date.mjs';

const addon = 'Release/openvino_diffusers.node';

/**
 * @typedef {object} BuildOptions
 * @property {boolean} [strict] let no compiler warning pass, if anything is to be built
 * @property {boolean} [force] build although nothing has changed
 */

/**
 * Builds `build/Release/openvino_diffusers.node` with cmake-js.
 *
 * @param {BuildOptions} [options]
 */
export async function buildWithCMake({ strict = false, force = false } = {}) {
  const folder = join(projectRoot, 'build');
  await buildUnlessCurrent(folder, 'CMakeLists.txt', force, {}, () => {
    requireProgram('cmake');
    forgetOtherLocation(folder);
    const common = ['--directory', projectRoot, '--config', 'Release', '--log-level', 'error'];
    run('cmake-js', ['configure', ...common, `--CDWARNINGS_AS_ERRORS=${strict ? 'ON' : 'OFF'}`]);
    run('cmake-js', ['build', ...common, '--parallel', '2']);
  });
  return join(folder, addon);
}

/**
 * Builds the addon for another platform, with CMake and the platform's toolchain file, into a folder of its own.
 *
 * @param {string} platform Node's name of it, such as linux-arm64
 * @param {BuildOptions} [options]
 * @returns {Promise<string>} the addon's path
 */
export async function buildForPlatform(platform, options = {}) {
  if (platform === hostPlatform) return buildWithCMake(options);
  const toolchain = join(projectRoot, 'scripts/toolchains', `${platform}.cmake`);
  if (!existsSync(toolchain)) {
    throw new ScriptError(
      `The addon for ${platform} can only be built there: ${hostPlatform} has no compiler for it.`,
    );
  }
  const folder = join(projectRoot, `build-${platform}`);
  const { strict = false, force = false } = options;
  await buildUnlessCurrent(folder, 'CMakeLists.txt', force, { platform }, () => {
    requireProgram('cmake');
    forgetOtherLocation(folder);
    const common = [
      ...['--directory', projectRoot, '--out', folder, '--config', 'Release', '--log-level', 'error'],
      ...['--arch', platform.split('-').at(-1) ?? ''],
    ];
    run('cmake-js', [
      ...['configure', ...common, `--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`, `--CDTARGET_PLATFORM=${platform}`],
      `--CDWARNINGS_AS_ERRORS=${strict ? 'ON' : 'OFF'}`,
    ]);
    run('cmake-js', ['build', ...common, '--parallel', '2']);
  });
  return join(folder, addon);
}

/**
 * Builds the addon with CMake under GCC's sanitizers, into a folder of its own.
 *
 * @param {string} folder
 * @param {string} flags for compiler and linker
 * @returns {Promise<string>} the addon's path
 */
export async function buildSanitized(folder, flags) {
  await buildUnlessCurrent(folder, 'CMakeLists.txt', false, { name: 'Debug/openvino_diffusers.node' }, () => {
    requireProgram('cmake');
    forgetOtherLocation(folder);
    const common = ['--directory', projectRoot, '--out', folder, '--config', 'Debug', '--log-level', 'error'];
    run('cmake-js', [
      ...['configure', ...common, '--CDCMAKE_CXX_COMPILER=g++'],
      ...[`--CDCMAKE_CXX_FLAGS_DEBUG=-O1 -g -fno-omit-frame-pointer ${flags}`],
      `--CDCMAKE_SHARED_LINKER_FLAGS=${flags}`,
    ]);
    run('cmake-js', ['build', ...common, '--parallel', '2']);
  });
  return join(folder, 'Debug/openvino_diffusers.node');
}

/**
 * Builds `build-gyp/build/Release/openvino_diffusers.node` with node-gyp, which insists on a folder `build` beside
 * its binding.gyp. So that it does not write into CMake's, it gets a folder with links to what it needs.
 *
 * @param {BuildOptions} [options]
 */
export async function buildWithGyp({ force = false } = {}) {
  const mirror = join(projectRoot, 'build-gyp');
  const folder = join(mirror, 'build');
  await buildUnlessCurrent(folder, 'binding.gyp', force, {}, () => {
    mkdirSync(mirror, { recursive: true });
    cpSync(join(projectRoot, 'binding.gyp'), join(mirror, 'binding.gyp'));
    for (const name of ['native', 'scripts', 'runtime']) {
      const link = join(mirror, name);
      rmSync(link, { force: true });
      symlinkSync(join('..', name), link, 'junction');
    }
    run('node-gyp', [
      ...['configure', 'build', '--directory', mirror, '--jobs', '2', '--loglevel', 'warn'],
      ...installedHeaders(),
    ]);
  });
  return join(folder, addon);
}

/**
 * @param {string} folder
 * @param {string} recipe the file that says how to build
 * @param {boolean} force
 * @param {{ name?: string, platform?: string }} target the addon's path in the folder, and what it is built for
 * @param {() => void} build
 */
async function buildUnlessCurrent(folder, recipe, force, { name = addon, platform = hostPlatform }, build) {
  const kit = await provideDevKit(platform);
  const target = join(folder, name);
  // Where OpenVINO lies is left out: a project that was moved, with its runtime, need not be built again.
  const state = hashOf(['native', recipe], [openvinoVersion, manifestOf('node-addon-api').version]);
  const record = join(folder, 'built-from');
  if (!force && existsSync(target) && isCurrent(record, state)) {
    say(`The addon is up to date: ${target}`);
    return;
  }
  say(`Building the addon for ${platform} against ${kit.library} …`);
  rmSync(record, { force: true });
  build();
  if (!existsSync(target)) throw new ScriptError(`The build has ended, but ${target} is not there.`);
  writeFileSync(record, state);
  say(`Built ${target}`);
}

/**
 * What the environment names if it is of use, otherwise this package's own copy, made whole if it is not.
 *
 * @param {string} platform
 */
async function provideDevKit(platform) {
  const { kit, isOwnCopy, passedOver } = findDevKit(process.env, platform);
  for (const reason of passedOver) say(`Passed over ${reason}`);
  if (kit && !isOwnCopy) return kit;
  const folder = await provideRuntime(platform);
  const own = findDevKit(process.env, platform).kit;
  if (!own) throw new ScriptError(`${folder} is not what was expected. Delete it and try again.`);
  return own;
}

/**
 * CMake refuses a cache made elsewhere, which is what a moved or copied project has.
 *
 * @param {string} folder
 */
function forgetOtherLocation(folder) {
  const cache = join(folder, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const [, home] = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8')) ?? [];
  if (home?.replaceAll('\\', '/') !== projectRoot.replaceAll('\\', '/')) rmSync(folder, { recursive: true });
}

/** Node's own distribution carries its headers; with them node-gyp has nothing to download. */
function installedHeaders() {
  const prefix = dirname(dirname(process.execPath));
  const header = join(prefix, 'include/node/node_version.h');
  if (!existsSync(header)) return [];
  const text = readFileSync(header, 'utf8');
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return version.join('.') === process.versions.node ? ['--nodedir', prefix] : [];
}

/** @param {string} program */
function requireProgram(program) {
  if (!spawnSync(program, ['--version']).error) return;
  throw new ScriptError(
    `Building the addon needs ${program}, which was not found. To install it:${toolsToInstall}`,
  );
}

const toolsToInstall = `
  Debian, Ubuntu:  sudo apt install cmake g++ make
  Fedora:          sudo dnf install cmake gcc-c++ make
  macOS:           xcode-select --install && brew install cmake
  Windows:         winget install Kitware.CMake and Visual Studio Build Tools with "Desktop development with C++"`;

/**
 * @param {string} tool
 * @param {string[]} args
 */
function run(tool, args) {
  if (runTool(tool, args)) return;
  throw new ScriptError(
    `The build has failed; the lines above say why. If the compiler or another tool is missing:${toolsToInstall}`,
  );
}
