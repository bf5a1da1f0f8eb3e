import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { allocator, allocatorCrashes } from '../system/allocator.js';
import { loadFailure, type Host, type LoadAttempts } from './load-failure.js';
import { loadedLibraries } from './loaded-libraries.js';
import { locateAddon } from './locate-addon.js';
import { locatePackage, type PackageLocation } from './locate-package.js';
import { locateRuntime, type RuntimeCandidate, type RuntimeLocation } from './locate-runtime.js';

/** The loaded addon and where it was found. */
export interface LoadedAddon {
  readonly exports: unknown;
  readonly addonPath: string;
  /** The OpenVINO the addon runs on. */
  readonly runtime: RuntimeLocation;
  readonly tried: LoadAttempts;
}

let loaded: LoadedAddon | undefined;

/**
 * Loads the addon on the first call. The environment is read then, not before.
 *
 * The addon would find this package's own copy of OpenVINO by itself. To let the environment choose another,
 * the chosen library is loaded first, and the addon's reference to it is then already met.
 *
 * @throws RuntimeNotFoundError with every place tried and what can be done
 */
export function loadAddon(): LoadedAddon {
  loaded ??= load(locatePackage());
  return loaded;
}

function load(location: PackageLocation): LoadedAddon {
  // Read by TBB when it is loaded. A worker's environment is a copy, so there it must be set beforehand.
  if (allocatorCrashes(allocator())) process.env.TBB_ENABLE_SANITIZERS = '1';
  const addons = locateAddon(location);
  const runtimes = locateRuntime(location);
  const host = describeHost();
  const runtime = addons.some(({ path }) => path) ? loadRuntime(runtimes) : undefined;
  if (!runtime) throw loadFailure(location, host, { addons, runtimes });

  const require = createRequire(join(location.root, 'package.json'));
  let cause: unknown;
  for (const [index, addon] of addons.entries()) {
    const { path } = addon;
    if (!path) continue;
    try {
      const exports: unknown = require(path);
      requireVersion(exports, location.openvinoVersion);
      return { exports, addonPath: path, runtime, tried: { addons, runtimes } };
    } catch (error) {
      cause = error;
      addons[index] = { ...addon, outcome: messageOf(error) };
    }
  }
  throw loadFailure(location, host, { addons, runtimes }, cause);
}

/** Loads the first runtime that can be, and writes into the list why others could not. */
function loadRuntime(runtimes: RuntimeCandidate[]): RuntimeLocation | undefined {
  for (const [index, candidate] of runtimes.entries()) {
    if (!candidate.usable) continue;
    try {
      if (candidate.source !== 'this process') preload(candidate);
      return candidate;
    } catch (error) {
      runtimes[index] = { ...candidate, usable: false, outcome: messageOf(error) };
    }
  }
  return undefined;
}

function preload({ directory, libraryPath, tbbPath }: RuntimeLocation): void {
  if (process.platform === 'win32') {
    const folders = tbbPath ? [directory, dirname(tbbPath)] : [directory];
    process.env.PATH = [...folders, process.env.PATH ?? ''].join(delimiter);
    return;
  }
  if (tbbPath) preloadLibrary(tbbPath);
  preloadLibrary(libraryPath);
}

/** Not in Node's constants: the library stays when Node, which expects an addon, closes it again. */
const keepLoaded = process.platform === 'darwin' ? 0x80 : 0x1000; // RTLD_NODELETE

/** @throws Error from the system's loader when the library cannot be loaded */
function preloadLibrary(path: string): void {
  try {
    // Local: the addon names the library it needs, and no other addon should see its symbols.
    process.dlopen(
      { exports: {} },
      path,
      constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_LOCAL | keepLoaded,
    );
  } catch (error) {
    // Node always throws, as no addon has registered itself. Whether the library is there is another matter.
    if (!loadedLibraries().includes(realpathSync(path))) throw error;
  }
}

/** File names do not carry the whole version, on Windows none at all. */
function requireVersion(exports: unknown, wanted: string): void {
  const { openvinoVersion } = exports as { openvinoVersion?: string };
  if (openvinoVersion?.split('-')[0] === wanted) return;
  throw new Error(`runs on OpenVINO ${openvinoVersion ?? 'of unknown version'}, this build needs ${wanted}`);
}

function describeHost(): Host {
  const musl = process.platform === 'linux' && loadedLibraries().some((path) => path.includes('/ld-musl-'));
  return {
    platform: `${process.platform}-${process.arch}`,
    libc: musl ? 'musl' : 'other',
    isMainThread,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
