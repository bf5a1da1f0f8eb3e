import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { foreignPackages, isClone } from './installation-advice.js';
import type { Host } from './load-failure.js';
import { loadedLibraries } from './loaded-libraries.js';
import { versionOf } from './locate-libraries.js';
import type { PackageLocation } from './locate-package.js';

/** What of this process and its machine explains why something did not load. Takes some milliseconds. */
export function describeHost({ root, openvinoVersion }: PackageLocation): Host {
  const platform = `${process.platform}-${process.arch}`;
  const libraries = loadedLibraries();
  const musl = process.platform === 'linux' && libraries.some((path) => path.includes('/ld-musl-'));
  const versions = libraries
    .filter((path) => /^(lib)?openvino\.(so|dll|\d+\.dylib)/i.test(basename(path)))
    .map(versionOf)
    .filter((version) => version !== undefined && version !== openvinoVersion);
  return {
    platform,
    libc: musl ? 'musl' : 'other',
    isMainThread,
    isInstalled: !isClone(root),
    foreignPackages: foreignPackages(root, platform),
    glibcVersion: glibcVersion(),
    hidesFiles: hidesFiles(),
    otherOpenVINOs: [...new Set(versions)] as string[],
  };
}

function hidesFiles(): boolean {
  const permission = process.permission as { has(scope: string): boolean } | undefined;
  return permission !== undefined && !permission.has('fs.read');
}

function glibcVersion(): string | undefined {
  const { report } = process as { report?: NodeJS.ProcessReport & { excludeNetwork?: boolean } };
  if (process.platform !== 'linux' || !report) return undefined;
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // otherwise the report waits for name servers
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime;
  } catch {
    return undefined;
  } finally {
    report.excludeNetwork = excludeNetwork ?? false;
  }
}
