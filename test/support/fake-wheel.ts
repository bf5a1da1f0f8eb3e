import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a test's wheel holds besides its metadata: a little of everything a real one has. */
export const contents = {
  'openvino/__init__.py': 'print("never run")',
  'openvino/cmake/OpenVINOConfig.cmake': '# insists on all frontends',
  'openvino/include/openvino/openvino.hpp': '#pragma once',
  'openvino/include/openvino/core/version.hpp': '#define OPENVINO_VERSION_MAJOR 2026',
  'openvino/libs/libopenvino.so.2640': 'main library'.repeat(1000),
  'openvino/libs/libopenvino_ir_frontend.so.2640': 'ir',
  'openvino/libs/libopenvino_onnx_frontend.so.2640': 'onnx',
  'openvino/libs/libopenvino_intel_cpu_plugin.so': 'cpu',
  'openvino/libs/libtbb.so.12': 'tbb',
  'openvino/libs/tbb.pc': 'pkg-config',
  'openvino/libs/cache.json': '{}',
  'openvino-2026.4.0.dist-info/licenses/LICENSE': 'Apache License',
} as const;

/**
 * Writes a wheel pip accepts as openvino 2026.4.0 for Linux on x64; Python packs it.
 *
 * @returns its path and hash
 */
export function makeWheel(
  folder: string,
  files: Readonly<Record<string, string>> = contents,
): { path: string; sha256: string } {
  const source = join(folder, 'wheel-source');
  const info = 'openvino-2026.4.0.dist-info';
  const metadata = {
    [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: openvino\nVersion: 2026.4.0\n',
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n',
    [`${info}/RECORD`]: '',
  };
  for (const [name, text] of Object.entries({ ...files, ...metadata })) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  const path = join(folder, 'openvino-2026.4.0-1-cp311-cp311-manylinux_2_28_x86_64.whl');
  const { status, stderr } = spawnSync('python3', ['-m', 'zipfile', '-c', path, 'openvino', info], {
    cwd: source,
  });
  if (status !== 0) throw new Error(String(stderr));
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}
