import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';

import { loadedLibraries } from './loaded-libraries.js';
import { findLibrary, findSeparateTbb, versionOf, type FoundLibrary } from './locate-libraries.js';
import type { PackageLocation } from './locate-package.js';
import { attempt, platformPackage, runtimePackageName, type PlatformPackage } from './platform-package.js';

/** The environment variables that name an OpenVINO installation, in the order they are looked at. */
export const runtimeVariables = ['OPENVINO_DIR', 'INTEL_OPENVINO_DIR', 'OpenVINO_DIR'] as const;

/** Who named the place. */
export type RuntimeSource =
  'this process' | (typeof runtimeVariables)[number] | 'openvino-node' | 'platform package' | 'own copy';

interface RuntimePlace {
  readonly source: RuntimeSource;
  /** The folder of the libraries, or the folder that was searched for them in vain. */
  readonly directory: string;
  /** `undefined` where no library was found, or its version is not known before it is loaded (Windows). */
  readonly version: string | undefined;
  /** One phrase for people: 'usable', or why not. */
  readonly outcome: string;
  /** The package's name, where the place is one of this project's. */
  readonly packageName?: string;
}

/** A place that holds an OpenVINO this package can use. */
export interface RuntimeLocation extends RuntimePlace {
  readonly usable: true;
  /** Absolute path of OpenVINO's main library. */
  readonly libraryPath: string;
  /** Absolute path of oneTBB where it is not beside OpenVINO and has to be loaded first. */
  readonly tbbPath: string | undefined;
}

/** A place that was tried in vain. */
export interface RejectedRuntime extends RuntimePlace {
  readonly usable: false;
  readonly libraryPath: string | undefined;
}

export type RuntimeCandidate = RuntimeLocation | RejectedRuntime;

export interface LocateRuntimeOptions {
  /** Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Node's names, e.g. 'linux-x64'. Default: this process's. */
  platform?: string;
  /** Shared libraries the process already has. Default: asks the system. */
  loaded?: readonly string[];
  /** The installed packages for the platform. Default: looks for them. */
  installed?: PlatformPackage;
}

/**
 * Lists every place OpenVINO may be loaded from, the preferred first: what the process has already, what an
 * environment variable names, an installed openvino-node, this package's own copy (in a clone), the package for the
 * platform. A variable that is set but leads nowhere does not end the search; it stays in the list with the reason.
 */
export function locateRuntime(
  { root, openvinoVersion }: PackageLocation,
  options: LocateRuntimeOptions = {},
): RuntimeCandidate[] {
  const { env = process.env, platform = `${process.platform}-${process.arch}` } = options;
  const loaded = options.loaded ?? loadedLibraries();
  const installed = options.installed ?? platformPackage(platform);

  const inFolder = (source: RuntimeSource, folder: string, knownVersion?: string): RuntimeCandidate => {
    const found = findLibrary(folder, openvinoVersion, platform);
    if (!found) return rejected(source, folder, 'no OpenVINO libraries there');
    return assess(source, { ...found, version: found.version ?? knownVersion }, openvinoVersion, platform);
  };
  const inPackage = (source: RuntimeSource, name: string): RuntimeCandidate => {
    const manifest = resolvePackage(root, name);
    if (!manifest) return rejected(source, name, 'not installed');
    return inFolder(source, dirname(manifest.path), manifest.openvinoVersion);
  };

  return [
    ...alreadyLoaded(loaded, openvinoVersion, platform),
    ...namedFolders(env).map(([variable, folder]) => inFolder(variable, folder)),
    inPackage('openvino-node', 'openvino-node'),
    inFolder('own copy', join(root, 'runtime', platform)),
    ...inPlatformPackages(installed, platform, openvinoVersion),
  ];
}

/** The runtime with all plugins where somebody has installed it, then the one that comes by itself. */
function inPlatformPackages(
  { name, exports }: PlatformPackage,
  platform: string,
  wanted: string,
): RuntimeCandidate[] {
  if (!exports) return [rejected('platform package', name, 'not installed')];
  const packageName = runtimePackageName(platform);
  const candidate = (
    packageName: string,
    found: ReturnType<typeof exports.runtime> | undefined,
  ): RuntimeCandidate => {
    const source = 'platform package';
    if (!found) return { ...rejected(source, packageName, 'not installed'), packageName };
    const library = findLibrary(found.libraryFolder, wanted, platform);
    if (!library) {
      return { ...rejected(source, found.libraryFolder, 'no OpenVINO libraries there'), packageName };
    }
    const version = library.version ?? found.openvinoVersion;
    return { ...assess(source, { ...library, version }, wanted, platform), packageName };
  };
  const full = attempt(exports.fullRuntime);
  return [
    ...(full ? [candidate(`${packageName}-full`, full)] : []),
    candidate(packageName, attempt(exports.runtime)),
  ];
}

/** OpenVINO of this very release is shared with whoever loaded it; others live beside ours under other names. */
function alreadyLoaded(loaded: readonly string[], wanted: string, platform: string): RuntimeCandidate[] {
  return loaded
    .filter((path) => /^(lib)?openvino\.(so|dll|\d+\.dylib)/i.test(basename(path)))
    .map((libraryPath) => ({ libraryPath, directory: dirname(libraryPath), version: versionOf(libraryPath) }))
    .filter(({ version }) => version === wanted || version === undefined)
    .map((found) => assess('this process', found, wanted, platform));
}

function namedFolders(env: NodeJS.ProcessEnv): [(typeof runtimeVariables)[number], string][] {
  const folders = new Map<string, (typeof runtimeVariables)[number]>();
  for (const variable of runtimeVariables) {
    const value = env[variable];
    // Windows does not distinguish OPENVINO_DIR and OpenVINO_DIR.
    if (value && !folders.has(resolve(value))) folders.set(resolve(value), variable);
  }
  return Array.from(folders, ([folder, variable]) => [variable, folder]);
}

function assess(
  source: RuntimeSource,
  found: FoundLibrary,
  wanted: string,
  platform: string,
): RuntimeCandidate {
  const { directory, libraryPath, version } = found;
  const reject = (outcome: string): RejectedRuntime => ({
    ...rejected(source, directory, outcome),
    libraryPath,
    version,
  });
  if (version && version !== wanted) return reject(`has ${version}, this build needs ${wanted}`);
  // A DLL's name has no version; loadAddon asks the library itself once it is loaded.
  if (!version && !platform.startsWith('win32')) return reject('its file name has no version');
  const tbbPath = findSeparateTbb(directory, platform);
  return { source, directory, libraryPath, tbbPath, version, usable: true, outcome: 'usable' };
}

function rejected(source: RuntimeSource, directory: string, outcome: string): RejectedRuntime {
  return { source, directory, libraryPath: undefined, version: undefined, usable: false, outcome };
}

/** An installed package's manifest, wherever the package manager has put it. */
function resolvePackage(
  root: string,
  name: string,
): { path: string; openvinoVersion: string | undefined } | undefined {
  try {
    const path = createRequire(join(root, 'package.json')).resolve(`${name}/package.json`);
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
      version?: string;
      openvino?: { version: string };
    };
    return { path, openvinoVersion: manifest.openvino?.version ?? manifest.version };
  } catch {
    return undefined;
  }
}
