/** Takes out of OpenVINO's wheel what the addon is built with and runs with, and nothing else. */
import { createWriteStream, mkdirSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import yauzl from 'yauzl';

import { megabytes, ScriptError } from './console.mjs';

/**
 * The libraries to keep, by name without "lib" and everything after the first dot. Left out are the readers of
 * other frameworks' models (this package writes its own), the GPU's table of tuned kernels and the NPU's compiler on
 * Windows (98 MB; the driver has one), which are optional.
 * AUTO may call on BATCH and HETERO by itself, so they stay.
 */
const keptLibraries = new Set([
  'openvino',
  'openvino_ir_frontend',
  'openvino_intel_cpu_plugin',
  'openvino_arm_cpu_plugin',
  'openvino_intel_gpu_plugin',
  'openvino_intel_npu_plugin',
  'openvino_auto_plugin',
  'openvino_auto_batch_plugin',
  'openvino_hetero_plugin',
  'tbb',
  'tbb12',
  'tbbmalloc',
  'tbbbind_2_5',
  'hwloc',
]);

/**
 * Where an entry of the wheel goes inside the runtime folder; `undefined` when it is not wanted.
 *
 * @param {string} entry
 * @returns {string | undefined}
 */
export function destinationOf(entry) {
  if (entry.endsWith('/')) return undefined;
  const [, header] = /^openvino\/(include\/.+)$/.exec(entry) ?? [];
  if (header) return header;
  const [, license] = /^openvino-[^/]+\.dist-info\/(licenses\/.+)$/.exec(entry) ?? [];
  if (license) return license;
  const [, library] = /^openvino\/libs\/([^/]+)$/.exec(entry) ?? [];
  return library && isKept(library) ? `lib/${library}` : undefined;
}

/** @param {string} file */
function isKept(file) {
  if (file === 'openvino.lib') return true; // what Windows links against
  const stem = file.replace(/^lib/, '').split('.')[0] ?? '';
  return /\.(so|dylib|dll)(\.|$)/.test(file) && keptLibraries.has(stem);
}

/**
 * Extracts the wanted files into `folder`.
 *
 * @param {string} wheel
 * @param {string} folder
 * @param {(fraction: number) => void} onProgress
 * @returns {Promise<Record<string, number>>} the libraries written and their sizes in bytes
 */
export async function unpackWheel(wheel, folder, onProgress = () => {}) {
  const zip = await yauzl.openPromise(wheel, { autoClose: false });
  try {
    /** @type {{ entry: import('yauzl').Entry, destination: string }[]} */
    const wanted = [];
    for await (const entry of zip.eachEntry()) {
      const destination = destinationOf(entry.fileName);
      if (destination) wanted.push({ entry, destination });
    }
    const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    requireSpace(dirname(folder), total);

    let written = 0;
    /** @type {Record<string, number>} */
    const libraries = {};
    for (const { entry, destination } of wanted) {
      const path = join(folder, destination);
      mkdirSync(dirname(path), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path));
      if (destination.startsWith('lib/')) libraries[basename(destination)] = entry.uncompressedSize;
      written += entry.uncompressedSize;
      onProgress(written / total);
    }
    return libraries;
  } finally {
    zip.close();
  }
}

/**
 * @param {string} folder
 * @param {number} bytes
 */
export function requireSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes) {
    throw new ScriptError(
      `Not enough space in ${folder}: OpenVINO needs ${megabytes(bytes)}, ${megabytes(bavail * bsize)} are free.`,
    );
  }
}
