import { createRequire } from 'node:module';

/** What the `index.cjs` of an addon's package, such as @openvino-diffusers/linux-x64, exports. */
export interface PlatformPackageExports {
  /** The release of openvino-diffusers it belongs to. */
  readonly version: string;
  readonly addonPath: string;
  /** Loads the `index.cjs` of the runtime's package; throws when that is not installed. */
  readonly runtime: () => RuntimePackageExports;
  /** The same for the package that has the plugins for GPU and NPU, too. */
  readonly fullRuntime: () => RuntimePackageExports;
}

/** What the `index.cjs` of a runtime's package, such as @openvino-diffusers/runtime-linux-x64, exports. */
export interface RuntimePackageExports {
  /** The release of OpenVINO. */
  readonly openvinoVersion: string;
  readonly libraryFolder: string;
}

/** The packages for a platform, wherever the package manager has put them. */
export interface PlatformPackage {
  readonly name: string;
  /** `undefined` when it is not installed. */
  readonly exports: PlatformPackageExports | undefined;
}

/** By Node's name of the platform. */
export function platformPackage(platform = `${process.platform}-${process.arch}`): PlatformPackage {
  return { name: platformPackageName(platform), exports: attempt(() => requirePlatformPackage(platform)) };
}

export const platformPackageName = (platform: string): string => `@openvino-diffusers/${platform}`;

export const runtimePackageName = (platform: string): string => `@openvino-diffusers/runtime-${platform}`;

/**
 * The addon's package names its runtime itself: in the strict layout of pnpm only it can resolve it.
 *
 * @returns `undefined` when it is not installed
 */
export function attempt<T>(load: () => T): T | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}

// tsdown.config.ts takes this line out of the CommonJS build, which has a require of its own.
const require = createRequire(import.meta.url);

/** Literal names, as tools that trace files (@vercel/nft, and so Next.js' standalone output) see no others. */
function requirePlatformPackage(platform: string): PlatformPackageExports | undefined {
  switch (platform) {
    case 'linux-x64':
      return require('@openvino-diffusers/linux-x64') as PlatformPackageExports;
    case 'linux-arm64':
      return require('@openvino-diffusers/linux-arm64') as PlatformPackageExports;
    case 'darwin-arm64':
      return require('@openvino-diffusers/darwin-arm64') as PlatformPackageExports;
    case 'win32-x64':
      return require('@openvino-diffusers/win32-x64') as PlatformPackageExports;
    default:
      return undefined;
  }
}
