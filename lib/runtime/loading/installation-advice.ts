import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';

import { version } from '../../common/version.js';
import { platformPackageName } from './platform-package.js';

/** The platforms that packages are published for. */
export const supportedPlatforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'] as const;

/** What a system must have, as people name it, for each platform's packages to load. */
export const systemRequirements: Readonly<Record<string, string>> = {
  'linux-x64':
    'glibc 2.28 and the libstdc++ of GCC 8, as in Debian 10, Ubuntu 20.04, RHEL 8, Amazon Linux 2023 or newer',
  'linux-arm64': 'glibc 2.34 and the libstdc++ of GCC 12, as in Debian 12, Ubuntu 22.04 or newer',
};

/** Whether this is a clone of the repository, where the addon can be built; installed packages lack its configuration. */
export function isClone(root: string): boolean {
  return existsSync(join(root, 'tsdown.config.ts'));
}

/**
 * The platforms other than this one whose package is installed: node_modules, or the lock file it was installed from,
 * is then of another machine.
 */
export function foreignPackages(root: string, platform: string): string[] {
  const { resolve } = createRequire(join(root, 'package.json'));
  return supportedPlatforms.filter((other) => {
    if (other === platform) return false;
    try {
      resolve(`${platformPackageName(other)}/package.json`);
      return true;
    } catch {
      return false;
    }
  });
}

/** The command that adds the package for a platform, of this very release, whatever the lock file says. */
export function installCommand(root: string, platform: string): string {
  const [os = '', cpu = ''] = platform.split('-');
  const name = `${platformPackageName(platform)}@${version}`;
  // pnpm's folders are known by their name; npm's command fits most other trees.
  if (root.includes(`${sep}.pnpm${sep}`)) return `pnpm add ${name}`;
  return `npm install --os=${os} --cpu=${cpu} ${name}`;
}

/** What to do when the package for the platform is not there. */
export function missingPackageAdvice(root: string, platform: string, foreign: readonly string[]): string[] {
  const command = installCommand(root, platform);
  if (foreign.length > 0) {
    const names = foreign.map(platformPackageName).join(', ');
    return [
      `${names} is installed, and this is ${platform}: node_modules or its lock file comes from another platform ` +
        `(https://github.com/npm/cli/issues/4828). Remove node_modules and the lock file and install again, or: ${command}`,
    ];
  }
  return [
    `Optional dependencies were left out (--omit=optional, --no-optional, or a setting in .npmrc). Install again with ` +
      `them (npm install --include=optional), or name the package: ${command}`,
  ];
}
