/**
 * Whether OpenVINO would end this process instead of throwing: on a processor it has no code for, with a broken driver.
 *
 * What Linux says of an x64 processor settles that in a millisecond, so there nothing is tried by default; arm64 and
 * Apple's processors all have what the libraries need. Where nothing says it (x64 elsewhere, or without /proc), a child
 * process loads the libraries and computes a small graph, once: success is kept in the user's cache folder for this very
 * addon, runtime and machine, and costs a later load one look for a file. An error is not kept, as its cause may go away.
 *
 * The idea is node-llama-cpp's testBindingBinary, which tries every binary on every machine.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, homedir, hostname, release } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { RuntimeNotFoundError } from '../../common/errors.js';
import { version } from '../../common/version.js';
import { cpuFlags } from '../system/cpu.js';
import type { RuntimeLocation } from './locate-runtime.js';
import { TRIAL_SOURCE } from './trial-source.js';

/** `0`: neither check nor trial; `1`: a trial everywhere, even where the check is enough. */
const VARIABLE = 'OPENVINO_DIFFUSERS_TRIAL';

/** Longer than any machine needs; a trial that hangs says nothing. */
const TRIAL_TIMEOUT_MS = 60_000;

/** What a child process loads, in the order of the list and then the addon. */
interface Binaries {
  readonly addonPath: string;
  readonly libraries: readonly string[];
}

/**
 * @param runtime - the one that will be loaded; without one, or where the process has it already, nothing is tried
 * @param root - the file system's root; tests have another
 * @throws RuntimeNotFoundError `UNSUPPORTED` when this machine cannot run OpenVINO
 */
export function requireUsable(
  addonPath: string,
  runtime: RuntimeLocation | undefined,
  env: NodeJS.ProcessEnv = process.env,
  root = '/',
): void {
  const setting = env[VARIABLE];
  if (setting === '0' || !runtime || runtime.source === 'this process') return;
  const flags = process.arch === 'x64' ? cpuFlags(root) : undefined;
  if (flags && !flags.has('avx2')) throw unsupported('it has no AVX2');
  const isKnown = flags !== undefined || process.arch === 'arm64';
  if ((isKnown && setting !== '1') || !canTry(env)) return;

  const libraries = [runtime.tbbPath, runtime.libraryPath].filter((path) => path !== undefined);
  const binaries = { addonPath, libraries };
  const record = recordOf(binaries, env);
  if (record !== undefined && existsSync(record)) return;
  const { computed, crash } = tryInChild(binaries, env);
  if (crash !== undefined) throw unsupported(crash);
  if (computed && record !== undefined) keep(record);
}

/** Whether `process.execPath` with a script is another Node, and starting it is allowed. */
function canTry(env: NodeJS.ProcessEnv): boolean {
  const { versions } = process;
  const permission = process.permission as { has(scope: string): boolean } | undefined;
  if (env.OPENVINO_DIFFUSERS_IN_TRIAL === '1') return false;
  if (permission && !permission.has('child')) return false;
  // Deno has no `-e`, and a packaged Electron app or single executable would start itself a second time.
  const isPackaged = 'electron' in versions && !('defaultApp' in process);
  return !('deno' in versions) && !isPackaged && !('pkg' in process) && !isSingleExecutable();
}

function isSingleExecutable(): boolean {
  const sea = (
    process as { getBuiltinModule?: (id: string) => { isSea(): boolean } | undefined }
  ).getBuiltinModule?.('node:sea');
  return sea?.isSea() ?? false;
}

/** @returns neither when the trial itself has failed, or the addon cannot be loaded: the load will say why */
function tryInChild(
  binaries: Binaries,
  env: NodeJS.ProcessEnv,
): { computed?: boolean; crash?: string | undefined } {
  const { status, signal, stdout, error } = spawnSync(
    process.execPath,
    ['-e', TRIAL_SOURCE, JSON.stringify(binaries)],
    {
      encoding: 'utf8',
      timeout: TRIAL_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
      env: {
        ...env,
        ELECTRON_RUN_AS_NODE: '1',
        OPENVINO_DIFFUSERS_IN_TRIAL: '1',
        NODE_OPTIONS: '',
        // Where Windows looks for libraries; elsewhere they are loaded by their paths.
        PATH: [...binaries.libraries.map((path) => dirname(path)), env.PATH ?? ''].join(delimiter),
      },
    },
  );
  if (error) return {}; // not started, or too slow
  if (signal !== null && CRASHES.has(signal))
    return { crash: `a process that tried it ended with ${signal}` };
  // Windows has no signals: 0xC000001D is an illegal instruction, 0xC0000005 an access violation.
  if (status !== null && status >>> 28 === 0xc) {
    return { crash: `a process that tried it ended with 0x${(status >>> 0).toString(16).toUpperCase()}` };
  }
  return { computed: /^computed$/m.test(stdout), crash: /^unsupported: (.*)/m.exec(stdout)?.[1] };
}

const CRASHES: ReadonlySet<string> = new Set([
  'SIGILL',
  'SIGSEGV',
  'SIGBUS',
  'SIGABRT',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
]);

/** The file whose presence says that these binaries have computed on this machine. */
function recordOf({ addonPath, libraries }: Binaries, env: NodeJS.ProcessEnv): string | undefined {
  try {
    const files = [addonPath, ...libraries].map((path) => {
      const { size, mtimeMs } = statSync(path);
      return [path, size, mtimeMs];
    });
    const machine = [hostname(), release(), process.arch, cpus()[0]?.model];
    const key = JSON.stringify([version, files, machine]);
    return join(cacheFolder(env), 'trials', createHash('sha256').update(key).digest('hex').slice(0, 32));
  } catch {
    return undefined;
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const name = 'openvino-diffusers';
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), name);
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches', name);
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), name);
}

function keep(record: string): void {
  try {
    mkdirSync(dirname(record), { recursive: true });
    writeFileSync(record, '');
  } catch {
    // A home that cannot be written to, as in many containers: the next process tries again.
  }
}

function unsupported(reason: string): RuntimeNotFoundError {
  return new RuntimeNotFoundError(
    'UNSUPPORTED',
    `OpenVINO cannot run these models on this machine (${cpus()[0]?.model.trim() ?? process.arch}): ${reason}. Needed ` +
      `is an x64 processor with AVX2 (Intel since 2013, AMD since 2015) or arm64, in virtual machines passed on to the ` +
      `guest. To load it all the same, set ${VARIABLE}=0.`,
  );
}
