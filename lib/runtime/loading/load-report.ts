import { loadAddon } from './load-addon.js';

/** How the addon and its runtime were found; plain data. */
export interface LoadReport {
  addonPath: string;
  /** Who named the runtime: an environment variable, a package, this package's own copy. */
  source: string;
  directory: string;
  /** Every place that was looked at, in order, with the outcome. */
  runtimes: { source: string; directory: string; usable: boolean; outcome: string }[];
}

/** @throws RuntimeNotFoundError when nothing could be loaded */
export function loadReport(): LoadReport {
  const { addonPath, runtime, tried } = loadAddon();
  return {
    addonPath,
    source: runtime.source,
    directory: runtime.directory,
    runtimes: tried.runtimes.map(({ source, directory, usable, outcome }) => ({
      source,
      directory,
      usable,
      outcome,
    })),
  };
}
