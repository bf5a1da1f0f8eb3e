import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { RuntimeNotFoundError } from '../../common/errors.js';
import { allocator, allocatorCrashes } from '../system/allocator.js';
import { describeHost } from './host.js';
import { loadFailure, type LoadAttempts } from './load-failure.js';
import { loadedLibraries } from './loaded-libraries.js';
import { locateAddon } from './locate-addon.js';
import { locatePackage, type PackageLocation } from './locate-package.js';
import { permissionError } from './permission.js';
import { requireUsable } from './trial.js';
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
  try {
    return (loaded ??= load(locatePackage()));
  } catch (error) {
    throw permissionError(error) ?? error;
  }
}

function load(location: PackageLocation): LoadedAddon {
  guardAllocator();
  const addons = locateAddon(location);
  const runtimes = locateRuntime(location);
  const addonPath = addons.find(({ path }) => path)?.path;
  if (addonPath !== undefined) requireUsable(addonPath, runtimes.find(isUsable));
  const runtime = addonPath === undefined ? undefined : loadRuntime(runtimes);
  if (!runtime) throw loadFailure(location, describeHost(location), { addons, runtimes });

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
      if (permissionError(error)) throw error;
      cause = error;
      addons[index] = { ...addon, outcome: messageOf(error) };
    }
  }
  throw loadFailure(location, describeHost(location), { addons, runtimes }, cause);
}

function isUsable(candidate: RuntimeCandidate): candidate is RuntimeLocation {
  return candidate.usable;
}

/**
 * Keeps a preloaded allocator from ending the process: TBB reads the variable when it is loaded. A worker's environment
 * is a copy that TBB does not see, so there it must be set beforehand, or TBB be loaded by the main thread.
 */
function guardAllocator(): void {
  const used = allocator();
  if (!allocatorCrashes(used)) return;
  process.env.TBB_ENABLE_SANITIZERS = '1';
  if (isMainThread || loadedLibraries().some((path) => path.includes('/libtbb'))) return;
  throw new RuntimeNotFoundError(
    'RUNTIME_NOT_FOUND',
    `OpenVINO cannot be loaded in a worker first where ${used} is loaded in place of the C library's allocator: it would ` +
      `abort the process with 'free(): invalid pointer'. Set TBB_ENABLE_SANITIZERS=1 before the process starts, use the ` +
      `package in the main thread first, or do not preload ${used}.`,
  );
}

/** Loads the first runtime that can be, and writes into the list why others could not. */
function loadRuntime(runtimes: RuntimeCandidate[]): RuntimeLocation | undefined {
  for (const [index, candidate] of runtimes.entries()) {
    if (!candidate.usable) continue;
    try {
      if (candidate.source !== 'this process') preload(candidate);
      return candidate;
    } catch (error) {
      if (permissionError(error)) throw error;
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
    // Node always throws, as no addon has registered itself. Whether the library is there is another matter; where
    // that cannot be read, for want of permission, what is thrown says so.
    if (permissionError(error)) throw error;
    if (/did not self-register|register Node-API module/i.test(messageOf(error))) return;
    if (!loadedLibraries().includes(realpathSync(path))) throw error;
  }
}

/** File names do not carry the whole version, on Windows none at all. */
function requireVersion(exports: unknown, wanted: string): void {
  const { openvinoVersion } = exports as { openvinoVersion?: string };
  if (openvinoVersion?.split('-')[0] === wanted) return;
  throw new Error(`runs on OpenVINO ${openvinoVersion ?? 'of unknown version'}, this build needs ${wanted}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
