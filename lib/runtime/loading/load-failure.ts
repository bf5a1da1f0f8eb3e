import { RuntimeNotFoundError } from '../../common/errors.js';
import { version as ownVersion } from '../../common/version.js';
import type { AddonPlace } from './locate-addon.js';
import type { PackageLocation } from './locate-package.js';
import type { RuntimeCandidate } from './locate-runtime.js';

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
}

const supportedPlatforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'];

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
  function unsupportedPlatform({ host }) {
    if (supportedPlatforms.includes(host.platform)) return [];
    const list = supportedPlatforms.join(', ');
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
  function notBuilt({ addons, root }) {
    if (addons.some(({ path, otherVersion }) => path !== undefined || otherVersion !== undefined)) return [];
    return [`Build the addon, which also gets OpenVINO: npm run setup (in ${root})`];
  },
  function noRuntime({ addons, runtimes, root }) {
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
        : `Install the system's package that has ${name} (Debian: apt-file search ${name}, Fedora: dnf provides "*/${name}")`,
    );
  },
  function oldSystem({ outcomes }) {
    const [, version] = /version [`'](GLIBC(?:XX)?_[\d.]+)' not found/.exec(outcomes) ?? [];
    if (!version) return [];
    return [`This system is older than the build: it lacks ${version}. OpenVINO needs glibc 2.28 or newer.`];
  },
  function foreignBinary({ outcomes, root }) {
    if (
      !/invalid ELF header|wrong ELF class|incompatible architecture|not a valid Win32|mach-o/i.test(outcomes)
    ) {
      return [];
    }
    return [`The addon or OpenVINO was built for another system. Build anew: npm run setup (in ${root})`];
  },
  function windowsWorker({ host }) {
    if (!host.platform.startsWith('win32') || host.isMainThread) return [];
    return [
      'On Windows only the main thread can change PATH: use openvino-diffusers there before starting workers.',
    ];
  },
  function anotherInstallation({ runtimes, openvinoVersion }) {
    if (runtimes.some(({ usable }) => usable)) return [];
    return [`Set OPENVINO_DIR to an installation of OpenVINO ${openvinoVersion}`];
  },
  function doctor() {
    return ['See what is found on this machine: npx openvino-diffusers doctor'];
  },
];

/** One line: who named the place, where it is, the outcome. */
export function describeRuntime({ source, directory, outcome }: RuntimeCandidate): string {
  return directory === source ? `${source}: ${outcome}` : `${source} (${directory}): ${outcome}`;
}
