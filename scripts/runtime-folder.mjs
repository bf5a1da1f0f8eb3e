/** This package's own copy of OpenVINO, `runtime/<platform>/`: headers, libraries and licences of one release. */
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { megabytes, progress, say, ScriptError } from './console.mjs';
import { pinnedVersion, wheels } from './openvino-wheels.mjs';
import { downloadWheel } from './pip.mjs';
import { hostPlatform, isMusl, openvinoVersion, runtimeFolder } from './project.mjs';
import { obtainRuntimePackage } from './runtime-package.mjs';
import { moveIntoPlace, withScratchFolder } from './scratch-folder.mjs';
import { requireSpace, unpackWheel } from './unpack-wheel.mjs';

/**
 * Written last, so its presence says that everything else is there.
 *
 * @typedef {object} Stamp
 * @property {string} version
 * @property {string} sha256 of the wheel
 * @property {Record<string, number>} libraries sizes in bytes
 */

const stampName = 'openvino.json';

/**
 * Whether `folder` holds the whole of the wheel with this hash.
 *
 * @param {string} folder
 * @param {string} sha256
 */
export function isComplete(folder, sha256) {
  try {
    /** @type {Stamp} */
    const stamp = JSON.parse(readFileSync(join(folder, stampName), 'utf8'));
    return (
      stamp.sha256 === sha256 &&
      Object.entries(stamp.libraries).every(
        ([name, size]) => statSync(join(folder, 'lib', name)).size === size,
      )
    );
  } catch {
    return false;
  }
}

/**
 * Fills `folder` from a package or a wheel. It appears, or is replaced, only when everything is in it.
 *
 * @param {string} folder
 * @param {{ version: string, sha256: string }} release
 * @param {(scratch: string) => Promise<string>} obtainWheel gets the wheel and returns its path
 * @param {(fraction: number) => void} [onProgress] of the extraction
 * @param {(scratch: string) => string | undefined} [obtainPackage] gets the same files otherwise and returns their
 *   folder, or nothing where only the wheel is to be had
 */
export async function fillRuntimeFolder(
  folder,
  { version, sha256 },
  obtainWheel,
  onProgress,
  obtainPackage = () => undefined,
) {
  await withScratchFolder(folder, async (scratch) => {
    const fromPackage = obtainPackage(scratch);
    const unfinished = fromPackage ?? join(scratch, 'unfinished');
    const libraries = fromPackage
      ? librarySizes(fromPackage)
      : await unpackWheel(await obtainWheel(scratch), unfinished, onProgress);
    /** @type {Stamp} */
    const stamp = { version, sha256, libraries };
    writeFileSync(join(unfinished, stampName), `${JSON.stringify(stamp, null, 2)}\n`);
    const finished = join(scratch, 'finished');
    renameSync(unfinished, finished);
    moveIntoPlace(finished, folder, () => isComplete(folder, sha256));
  });
}

/**
 * @param {string} folder
 * @returns {Record<string, number>} in bytes
 */
function librarySizes(folder) {
  const names = readdirSync(join(folder, 'lib'));
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, 'lib', name)).size]));
}

/**
 * Makes sure the pinned release is in `runtime/<platform>/`, downloading it if it is not.
 *
 * @param {string} [platform]
 */
export async function provideRuntime(platform = hostPlatform) {
  const pin = wheels[platform];
  if (!pin) throw new ScriptError(unsupported(platform));
  if (pinnedVersion !== openvinoVersion) {
    throw new ScriptError(
      `package.json asks for OpenVINO ${openvinoVersion}, scripts/openvino-wheels.mjs knows the hashes of ` +
        `${pinnedVersion}. Run node scripts/pin-wheels.mjs to bring them together.`,
    );
  }
  const folder = runtimeFolder(platform);
  if (isComplete(folder, pin.sha256)) {
    say(`OpenVINO ${openvinoVersion} for ${platform} is in ${folder}.`);
    return folder;
  }
  if (platform === hostPlatform && isMusl()) {
    throw new ScriptError(
      'OpenVINO needs glibc, and this system has musl. Use one based on Debian or Fedora.',
    );
  }
  await fillRuntimeFolder(
    folder,
    { version: openvinoVersion, sha256: pin.sha256 },
    (scratch) => {
      say(`Downloading OpenVINO ${openvinoVersion} for ${platform}, ${megabytes(pin.bytes)} …`);
      requireSpace(scratch, pin.bytes);
      return downloadWheel(openvinoVersion, pin.tag, pin.sha256, scratch);
    },
    progress('Extracting'),
    (scratch) => obtainRuntimePackage(platform, openvinoVersion, pin.contents, scratch),
  );
  say(`OpenVINO ${openvinoVersion} for ${platform} is in ${folder}.`);
  return folder;
}

/** @param {string} platform */
function unsupported(platform) {
  return (
    `OpenVINO publishes no build for ${platform}, only for ${Object.keys(wheels).join(', ')}. ` +
    'If you have built OpenVINO yourself, set OPENVINO_DIR to its folder.'
  );
}
