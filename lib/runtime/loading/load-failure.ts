import { RuntimeNotFoundError } from '../../common/errors.js';
import { version as ownVersion } from '../../common/version.js';
import {
  installCommand,
  missingPackageAdvice,
  supportedPlatforms,
  systemRequirements,
} from './installation-advice.js';
import type { AddonPlace } from './locate-addon.js';
import type { PackageLocation } from './locate-package.js';
import type { RuntimeCandidate } from './locate-runtime.js';
import { runtimePackageName } from './platform-package.js';

/** Everything that was tried to load the addon and its runtime. */
export interface LoadAttempts {
  readonly addons: readonly AddonPlace[];
  readonly runtimes: readonly RuntimeCandidate[];
}

/** Where the process runs, as far as it decides what can be loaded. */
export interface Host {
  /** Node's names, e.g. 'linux-x64'. */
  readonly platform: string;
  readonly libc: 'musl' | 'other';
  readonly isMainThread: boolean;
  /** Whether this package was installed from a registry, so that nothing can be built in it. Default: a clone. */
  readonly isInstalled?: boolean;
  /** Other platforms whose package is installed. Default: none. */
  readonly foreignPackages?: readonly string[];
  /** glibc's version, e.g. '2.31'; undefined elsewhere. */
  readonly glibcVersion?: string | undefined;
  /** Whether Node's permission model keeps files from this process. Default: no. */
  readonly hidesFiles?: boolean;
  /** Versions of OpenVINO that this process has loaded beside the one wanted. Default: none. */
  readonly otherOpenVINOs?: readonly string[];
}

/** Builds the error that says what was tried and what the reader can do about it. */
export function loadFailure(
  { root, openvinoVersion }: PackageLocation,
  host: Host,
  { addons, runtimes }: LoadAttempts,
  cause?: unknown,
): RuntimeNotFoundError {
  const code = addons.some(({ path }) => path) ? 'RUNTIME_NOT_FOUND' : 'ADDON_NOT_FOUND';
  const outcomes = [...addons, ...runtimes].map(({ outcome }) => outcome).join('\n');
  const hints = solutions.flatMap((solve) =>
    solve({ root, openvinoVersion, host, addons, runtimes, outcomes }),
  );
  const lines = [
    `Could not load the native addon of openvino-diffusers on ${host.platform}.`,
    'Places tried for the addon:',
    ...addons.map(({ place, outcome }) => `  ${place}: ${outcome}`),
    `Places tried for OpenVINO ${openvinoVersion}:`,
    ...runtimes.map((candidate) => `  ${describeRuntime(candidate)}`),
    'Possible solutions:',
    ...hints.map((hint) => `  - ${hint}`),
  ];
  return new RuntimeNotFoundError(code, lines.join('\n'), { cause });
}

interface Situation extends PackageLocation, LoadAttempts {
  readonly host: Host;
  /** All outcomes, a line each. */
  readonly outcomes: string;
}

/** One per cause; each answers with nothing when it does not apply. */
const solutions: ((situation: Situation) => string[])[] = [
  function hiddenFiles({ host }) {
    if (!host.hidesFiles) return [];
    return [
      "Node's permission model may hide what is there from this process: start it with --allow-fs-read=*",
    ];
  },
  function unsupportedPlatform({ host }) {
    if (isSupported(host)) return [];
    const list = supportedPlatforms.join(', ');
    if (host.isInstalled) return [`There are packages for ${list}, and none for ${host.platform}.`];
    return [
      `OpenVINO publishes builds for ${list}. For ${host.platform}, build OpenVINO yourself and set OPENVINO_DIR.`,
    ];
  },
  function musl({ host }) {
    if (host.libc !== 'musl') return [];
    return [
      'OpenVINO needs glibc, and this system has musl (Alpine). Use an image based on Debian, such as node:slim.',
    ];
  },
  function notInstalled({ addons, root, host }) {
    if (!host.isInstalled || !isSupported(host) || host.libc === 'musl') return [];
    if (addons.some(({ path, otherVersion }) => path !== undefined || otherVersion !== undefined)) return [];
    return missingPackageAdvice(root, host.platform, host.foreignPackages ?? []);
  },
  function notBuilt({ addons, root, host }) {
    if (host.isInstalled) return [];
    if (addons.some(({ path, otherVersion }) => path !== undefined || otherVersion !== undefined)) return [];
    return [`Build the addon, which also gets OpenVINO: npm run setup (in ${root})`];
  },
  function runtimeNotInstalled({ addons, runtimes, root, host, openvinoVersion }) {
    if (!host.isInstalled || !addons.some(({ path }) => path)) return [];
    if (runtimes.some(({ usable, packageName, version }) => usable || (packageName && version))) return [];
    const name = `${runtimePackageName(host.platform)}@${openvinoVersion}`;
    return [`OpenVINO's package is not installed: ${installCommand(root, host.platform)} ${name}`];
  },
  function noRuntime({ addons, runtimes, root, host }) {
    if (host.isInstalled) return [];
    if (!addons.some(({ path }) => path) || runtimes.some(({ usable }) => usable)) return [];
    return [`Get OpenVINO: node scripts/fetch-runtime.mjs (in ${root})`];
  },
  function wrongVersion({ runtimes, openvinoVersion }) {
    return runtimes
      .filter(({ version }) => version && version !== openvinoVersion)
      .map(({ source, packageName, version = '' }) =>
        source === 'openvino-node' || packageName
          ? `Install the matching release: npm install ${packageName ?? source}@${openvinoVersion} (found ${version})`
          : `Let ${source} lead to OpenVINO ${openvinoVersion} (found ${version}), or unset it`,
      );
  },
  function wrongPackage({ addons }) {
    return addons
      .filter(({ otherVersion }) => otherVersion !== undefined)
      .map(
        ({ place, otherVersion = '' }) =>
          `Install the matching release: npm install ${place}@${ownVersion} (found ${otherVersion})`,
      );
  },
  function missingLibrary({ outcomes }) {
    const missing = new Set(
      Array.from(outcomes.matchAll(/(\S+): cannot open shared object file/g), ([, name]) => name ?? ''),
    );
    return Array.from(missing, (name) =>
      /openvino|tbb/.test(name)
        ? `${name} is part of OpenVINO: the installation is incomplete, install it anew`
        : name.startsWith('ld-musl')
          ? `${name} belongs to another libc: the file was built for musl (Alpine), and this system has glibc`
          : `Install the system's package that has ${name} (Debian: apt-file search ${name}, Fedora: dnf provides "*/${name}")`,
    );
  },
  function oldSystem({ outcomes, host }) {
    const [, version] = /version [`']((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found/.exec(outcomes) ?? [];
    if (!version) return [];
    const own = host.glibcVersion ? ` (it has glibc ${host.glibcVersion})` : '';
    const needed = systemRequirements[host.platform] ?? 'a newer one';
    return [`This system${own} is older than the build: it lacks ${version}. Needed: ${needed}.`];
  },
  function openVINOTwice({ outcomes, host, openvinoVersion }) {
    const [, reported] = /runs on OpenVINO (\S+),/.exec(outcomes) ?? [];
    const others = reported ? [reported] : (host.otherOpenVINOs ?? []);
    if (others.length === 0) return [];
    return [
      `This process has OpenVINO ${others.join(', ')} already. Use OpenVINO ${openvinoVersion} throughout (with ` +
        `openvino-node: npm install openvino-node@${openvinoVersion}), or generate in a process of its own (child_process.fork)`,
    ];
  },
  function foreignBinary({ outcomes, root, host }) {
    if (
      !/invalid ELF header|wrong ELF class|incompatible architecture|not a valid Win32|mach-o/i.test(outcomes)
    ) {
      return [];
    }
    const remedy = host.isInstalled
      ? `Install again: ${installCommand(root, host.platform)}`
      : `Build anew: npm run setup (in ${root})`;
    return [`The addon or OpenVINO was built for another system. ${remedy}`];
  },
  function windowsWorker({ host }) {
    if (!host.platform.startsWith('win32') || host.isMainThread) return [];
    return [
      'On Windows only the main thread can change PATH: use openvino-diffusers there before starting workers.',
    ];
  },
  function anotherInstallation({ addons, runtimes, openvinoVersion, host }) {
    if (runtimes.some(({ usable }) => usable)) return [];
    if (host.isInstalled && !addons.some(({ path }) => path)) return []; // OpenVINO alone would not help
    return [`Set OPENVINO_DIR to an installation of OpenVINO ${openvinoVersion}`];
  },
  function doctor() {
    return ['See what is found on this machine: npx openvino-diffusers doctor'];
  },
];

function isSupported({ platform }: Host): boolean {
  return supportedPlatforms.some((supported) => supported === platform);
}

/** One line: who named the place, where it is, the outcome. */
export function describeRuntime({ source, directory, outcome }: RuntimeCandidate): string {
  return directory === source ? `${source}: ${outcome}` : `${source} (${directory}): ${outcome}`;
}
