import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { PackageLocation } from './locate-package.js';

/** A place the addon may be in. */
export interface AddonPlace {
  /** A path, or a package's name. */
  readonly place: string;
  /** Absolute path of the addon; `undefined` when it is not there. */
  readonly path: string | undefined;
  /** One phrase for people. */
  readonly outcome: string;
}

const addonFile = 'openvino_diffusers.node';

/** Every place the addon may be in, the preferred first: a prebuilt package for the platform, then a local build. */
export function locateAddon({ root }: PackageLocation): AddonPlace[] {
  return [platformPackage(root), file(join(root, 'build/Release', addonFile))];
}

function platformPackage(root: string): AddonPlace {
  const name = `@openvino-diffusers/${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(join(root, 'package.json')).resolve(`${name}/package.json`);
    return file(join(dirname(manifest), addonFile));
  } catch {
    return { place: name, path: undefined, outcome: 'not installed' };
  }
}

function file(path: string): AddonPlace {
  return existsSync(path)
    ? { place: path, path, outcome: 'found' }
    : { place: path, path: undefined, outcome: 'not there' };
}
