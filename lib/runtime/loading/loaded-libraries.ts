import { readFileSync } from 'node:fs';

/**
 * The shared libraries in this process, whichever thread or package has loaded them. Threads do not share
 * JavaScript state, so the process itself is the only place where they can learn of each other's choice.
 */
export function loadedLibraries(): string[] {
  return (process.platform === 'linux' ? mappedFiles() : undefined) ?? reportedLibraries();
}

/** Some milliseconds faster than a report, and the only system where this is asked on every load. */
function mappedFiles(): string[] | undefined {
  let maps: string;
  try {
    maps = readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return undefined; // no /proc, or no permission: Deno wants all of them for it
  }
  // Replacing an installation under a running process leaves the old file mapped, marked as deleted.
  const files = maps.matchAll(/^(?:\S+ +){5}(\/.*?)(?: \(deleted\))?$/gm);
  return [...new Set(Array.from(files, ([, file]) => file ?? ''))];
}

function reportedLibraries(): string[] {
  const { report } = process as { report?: NodeJS.ProcessReport & { excludeNetwork?: boolean } };
  if (!report) return [];
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // otherwise the report waits for name servers
  try {
    return (report.getReport() as { sharedObjects?: string[] }).sharedObjects ?? [];
  } catch {
    return []; // Deno has none
  } finally {
    report.excludeNetwork = excludeNetwork ?? false;
  }
}
