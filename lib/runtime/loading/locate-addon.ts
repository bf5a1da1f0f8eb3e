import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { version } from '../../common/version.js';
import type { PackageLocation } from './locate-package.js';
import { platformPackage, type PlatformPackage } from './platform-package.js';

/** A place the addon may be in. */
export interface AddonPlace {
  /** A path, or a package's name. */
  readonly place: string;
  /** Absolute path of the addon; `undefined` when it is not there, or not of this release. */
  readonly path: string | undefined;
  /** One phrase for people. */
  readonly outcome: string;
  /** The release a package belongs to, when it is another than this one's. */
  readonly otherVersion?: string;
}

const addonFile = 'openvino_diffusers.node';

/** Every place the addon may be in, the preferred first: a local build, as in a clone, then the package for the platform. */
export function locateAddon(
  { root }: Pick<PackageLocation, 'root'>,
  installed: PlatformPackage = platformPackage(),
): AddonPlace[] {
  return [file(join(root, 'build/Release', addonFile)), inPackage(installed)];
}

function inPackage({ name, exports }: PlatformPackage): AddonPlace {
  if (!exports) return { place: name, path: undefined, outcome: 'not installed' };
  if (exports.version !== version) {
    const outcome = `is of openvino-diffusers ${exports.version}, this is ${version}`;
    return { place: name, path: undefined, outcome, otherVersion: exports.version };
  }
  return file(exports.addonPath);
}

function file(path: string): AddonPlace {
  return existsSync(path)
    ? { place: path, path, outcome: 'found' }
    : { place: path, path: undefined, outcome: 'not there' };
}
