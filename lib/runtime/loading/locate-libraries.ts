import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** OpenVINO's main library in a folder. */
export interface FoundLibrary {
  /** The folder that holds it. */
  readonly directory: string;
  readonly libraryPath: string;
  /** From the file's name; see {@link versionOf}. */
  readonly version: string | undefined;
}

/**
 * Where OpenVINO keeps its libraries below the folder it is installed in: a wheel (`libs`), Debian (`lib/<triplet>`),
 * conda (`lib`, on Windows `Library/bin`), openvino-node (`bin`), and Intel's archives, whose folder counts with or
 * without `runtime/`.
 */
const libraryFolders = [
  '.',
  ...['lib', 'libs', 'bin', 'openvino/libs', 'Library/bin'],
  ...['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'lib64'],
  ...['', 'runtime/'].flatMap((root) => [
    ...['intel64/Release', 'intel64', 'arm64/Release', 'aarch64'].map((folder) => `${root}lib/${folder}`),
    `${root}bin/intel64/Release`,
  ]),
];

/**
 * Looks for OpenVINO in the folder a user has named. A folder with OpenVINO's CMake config, which is what
 * OpenVINO_DIR means to CMake, stands for the installation around it.
 *
 * @returns the library of the wanted version if there is one, otherwise one of another version
 */
export function findLibrary(folder: string, wanted: string, platform: string): FoundLibrary | undefined {
  const isCMakeConfig = existsSync(join(folder, 'OpenVINOConfig.cmake'));
  const roots = (isCMakeConfig ? ['..', '../..', '../../..'] : ['.']).map((up) => resolve(folder, up));
  const found = roots
    .flatMap((root) => libraryFolders.map((sub) => join(root, sub)))
    .flatMap((directory) => librariesIn(directory, platform));
  return found.find(({ version }) => version === wanted) ?? found[0];
}

function librariesIn(directory: string, platform: string): FoundLibrary[] {
  const pattern = mainLibrary(platform);
  return listFolder(directory)
    .filter((name) => pattern.test(name))
    .map((name) => {
      const libraryPath = join(directory, name);
      return { directory, libraryPath, version: versionOf(libraryPath) };
    });
}

function mainLibrary(platform: string): RegExp {
  if (platform.startsWith('win32')) return /^openvino\.dll$/i;
  return platform.startsWith('darwin') ? /^libopenvino(\.[\d.]+)?\.dylib$/ : /^libopenvino\.so(\.[\d.]+)?$/;
}

/**
 * Release 2026.4.0 is "2640" or "2026.4.0" in file names; a plain libopenvino.so is a link to a file named so.
 *
 * @returns `undefined` where the name has none, as usual on Windows
 */
export function versionOf(libraryPath: string): string | undefined {
  const name = basename(existsSync(libraryPath) ? realpathSync(libraryPath) : libraryPath);
  const [, year, minor, patch] = /\.(?:20)?(\d\d)\.?(\d+)\.?(\d)(?:\.dylib)?$/.exec(name) ?? [];
  return year && minor && patch ? `20${year}.${minor}.${patch}` : undefined;
}

/**
 * Intel's archives keep oneTBB in a folder of its own, where OpenVINO finds it only after their setup script has
 * been sourced.
 *
 * @returns the path of oneTBB's library when it is there and not beside OpenVINO's
 */
export function findSeparateTbb(libraryDirectory: string, platform: string): string | undefined {
  const [folder, name] = platform.startsWith('win32')
    ? ['bin', 'tbb12.dll']
    : ['lib', platform.startsWith('darwin') ? 'libtbb.12.dylib' : 'libtbb.so.12'];
  if (existsSync(join(libraryDirectory, name))) return undefined;
  return ['../..', '../../..']
    .map((up) => join(libraryDirectory, up, '3rdparty/tbb', folder, name))
    .find((path) => existsSync(path));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
