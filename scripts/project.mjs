/** What every script needs to know about this package and this machine. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {{ openvino: { version: string } }} */
const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));

/** The one release of OpenVINO this package is built against; package.json is the only place that names it. */
export const openvinoVersion = manifest.openvino.version;

/** The platform the scripts run on, written as Node writes it: `linux-x64`, `darwin-arm64`, … */
export const hostPlatform = `${process.platform}-${process.arch}`;

/** Whether this is a Linux with musl in place of glibc, such as Alpine. */
export function isMusl() {
  if (process.platform !== 'linux') return false;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return !report.header.glibcVersionRuntime;
}

/**
 * Where this package keeps its own copy of OpenVINO for a platform.
 *
 * @param {string} platform
 */
export const runtimeFolder = (platform) => join(projectRoot, 'runtime', platform);

/**
 * The file name OpenVINO's main library goes by. Linux and macOS put the release into it, 2026.4.0 as "2640";
 * Windows does not.
 *
 * @param {string} platform
 * @param {string} version
 */
export function openvinoLibraryName(platform, version = openvinoVersion) {
  const [year = '', minor = '', patch = ''] = version.split('.');
  const release = `${year.slice(-2)}${minor}${patch}`;
  if (platform.startsWith('win32')) return 'openvino.dll';
  return platform.startsWith('darwin') ? `libopenvino.${release}.dylib` : `libopenvino.so.${release}`;
}
