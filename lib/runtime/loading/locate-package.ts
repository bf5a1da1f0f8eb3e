import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { RuntimeNotFoundError } from '../../common/errors.js';

/** This package as it lies on disk. */
export interface PackageLocation {
  /** The folder of its package.json. */
  readonly root: string;
  /** The release of OpenVINO the addon is built against, e.g. '2026.4.0'. */
  readonly openvinoVersion: string;
}

const packageName = 'openvino-diffusers';

/**
 * Finds this package's root by walking up from this file, which may be a TypeScript source under lib/ or part of a
 * bundle at any depth of dist/.
 *
 * @throws RuntimeNotFoundError (ADDON_NOT_FOUND) when no folder above is the package, as inside another bundle
 */
export function locatePackage(from = fileURLToPath(import.meta.url)): PackageLocation {
  for (let folder = dirname(from), last = from; folder !== last; last = folder, folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest?.name === packageName && manifest.openvino) {
      return { root: folder, openvinoVersion: manifest.openvino.version };
    }
  }
  throw new RuntimeNotFoundError(
    'ADDON_NOT_FOUND',
    `Could not find the package ${packageName} in any folder above ${from}. If a bundler has moved its code, ` +
      `mark ${packageName} as external, because its native addon cannot be bundled.`,
  );
}

interface Manifest {
  name?: string;
  openvino?: { version: string };
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
