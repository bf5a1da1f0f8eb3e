import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

import { InferenceError, ModelLoadError, RuntimeNotFoundError } from '../../common/errors.js';
import type { CompileProperties } from '../../runtime/index.js';
import { locatePackage } from '../../runtime/loading/locate-package.js';

export interface ProbeOptions {
  /** Default: 'CPU'. */
  readonly device?: string | undefined;
  /** As the networks are to be compiled afterwards, since other properties take other kernels. */
  readonly properties?: CompileProperties | undefined;
  /** Ends the process. */
  readonly signal?: AbortSignal | undefined;
}

/** What the process says before it starts with a network, and when it has ended with all. */
type Report = { ready: true } | { network: number } | { done: true };

/**
 * Reads, compiles and infers networks in OpenVINO IR once, with small inputs, in a process of its own.
 *
 * IR from a stranger can end the process that runs it, which no check of the files excludes; here it ends another one.
 * What fails without ending the process is not reported: loading the networks will say it better.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` naming the network that ends the process
 * @throws InferenceError `OUT_OF_MEMORY` when the system ended it
 * @throws RuntimeNotFoundError when it cannot be started; the signal's reason once that is aborted
 */
export async function probeIr(xmlPaths: readonly string[], options: ProbeOptions = {}): Promise<void> {
  const { device = 'CPU', properties = {}, signal } = options;
  signal?.throwIfAborted();
  const runtime = pathToFileURL(join(locatePackage().root, 'dist/runtime/index.js')).href;
  const work = JSON.stringify({ runtime, xmlPaths, device, properties });
  // Electron's program is Node only where this variable says so.
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROBE, '--', work], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', kill, { once: true });
  try {
    let last: Report | undefined;
    let stderr = '';
    child.stderr?.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-2000)));
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      last = JSON.parse(line) as Report;
    });
    const ending = await new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('close', (code, ended) => {
        resolve(ended ?? `code ${String(code)}`);
      });
    });
    signal?.throwIfAborted();
    judge(last, ending, xmlPaths, stderr);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

function judge(last: Report | undefined, ending: string, xmlPaths: readonly string[], stderr: string): void {
  if (last === undefined) {
    throw new RuntimeNotFoundError(
      'RUNTIME_NOT_FOUND',
      `Cannot start a process that probes: ${ending} ${stderr}`.trim(),
    );
  }
  if ('done' in last) return;
  const path = 'network' in last ? (xmlPaths[last.network] ?? '') : xmlPaths.join(' and ');
  if (ending === 'SIGKILL') {
    throw new InferenceError('OUT_OF_MEMORY', `The system has ended the process that probed ${path}`);
  }
  throw new ModelLoadError(
    'MODEL_CORRUPT',
    `${path} ends the process that runs it (${ending}), so it is not loaded. If the model comes with safetensors, ` +
      "'export: true' makes networks of those",
  );
}

/**
 * The process's program: plain JavaScript over the published bundle, so that it can be run however this module was
 * bundled. Sizes a network leaves open become small ones: images of 256 pixels and latents of 32, 77 tokens.
 */
const PROBE = `
import { writeSync } from 'node:fs';
const report = (of) => writeSync(3, JSON.stringify(of) + '\\n');
const { runtime, xmlPaths, device, properties } = JSON.parse(process.argv[1]);
const { Core, Tensor } = await import(runtime);
const arrays = { f32: Float32Array, f16: Uint16Array, bf16: Uint16Array, i32: Int32Array, i64: BigInt64Array, u8: Uint8Array, boolean: Uint8Array };
const core = new Core();
report({ ready: true });
const open = (rank, channels, axis) => {
  if (axis === 0) return rank === 1 ? 1 : 2;
  if (rank === 4) return axis === 1 ? 4 : channels === 3 ? 256 : 32;
  return axis === 1 ? 77 : 768;
};
const sizes = ({ shape }) => shape.map((size, axis) => (size >= 0 ? size : open(shape.length, shape[1], axis)));
for (const [network, xmlPath] of xmlPaths.entries()) {
  report({ network });
  try {
    const model = await core.readModel(xmlPath);
    const shapes = Object.fromEntries(model.inputs.map((port, i) => [port.names[0] ?? String(i), sizes(port)]));
    const compiled = await core.compileModel(model, { device, properties, shapes });
    const request = await compiled.createInferRequest();
    for (const [i, port] of compiled.inputs.entries()) {
      const length = port.shape.reduce((product, size) => product * size, 1);
      request.setInput(i, new Tensor(port.elementType, port.shape, new arrays[port.elementType](length)));
    }
    await request.infer();
    await request.dispose();
    await compiled.dispose();
    model.dispose();
  } catch {
    // Whoever loads the network next meets the same error.
  }
}
report({ done: true });
`;
