import { Command } from 'commander';

import { OpenVINODiffusersError } from '../common/errors.js';
import { loadReport, openvinoVersion, sharedCore, type LoadReport } from '../runtime/index.js';
import { version } from '../common/version.js';
import { selfTest, type SelfTestReport } from './self-test.js';
import { systemInfo, type SystemInfo } from './system.js';

/** What `doctor --json` prints. */
export interface DoctorReport {
  version: string;
  node: string;
  system: SystemInfo;
  runtime:
    | (LoadReport & {
        openvinoVersion: string;
        devices: { name: string; fullName: string; capabilities: string[] }[];
        /** What pipelines on the CPU compute in by default. */
        defaultPrecision: string;
        /** Threads of one inference; 0 means every physical core. */
        inferenceThreads: number;
      })
    | { error: string; code: string };
  /** With `--self-test`, where OpenVINO could be loaded. */
  selfTest?: SelfTestReport | { error: string; code: string };
  advice: string[];
}

/** `openvino-diffusers doctor`: is everything installed, and is the machine set up well? */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show what is installed, what the machine can do, and what is wrong with it')
    .option('--json', 'print one JSON object')
    .option('--self-test', 'generate an image and compare it with a recorded one')
    .action(async ({ json, selfTest: isTested }: { json?: boolean; selfTest?: boolean }) => {
      const report = await examine();
      if (isTested && !('error' in report.runtime)) report.selfTest = await trySelfTest();
      console.log(json ? JSON.stringify(report, undefined, 2) : describe(report));
      const { runtime, selfTest: tested } = report;
      if ('error' in runtime || (tested && !('passed' in tested && tested.passed))) process.exitCode = 1;
    });
}

async function examine(): Promise<DoctorReport> {
  const system = await systemInfo();
  const runtime = await examineRuntime();
  return { version, node: process.version, system, runtime, advice: advise(system, runtime) };
}

async function trySelfTest(): Promise<NonNullable<DoctorReport['selfTest']>> {
  try {
    return await selfTest();
  } catch (error) {
    if (!(error instanceof OpenVINODiffusersError)) throw error;
    return { error: error.message, code: error.code };
  }
}

async function examineRuntime(): Promise<DoctorReport['runtime']> {
  try {
    const loaded = loadReport();
    const core = sharedCore();
    const names = await core.availableDevices();
    const devices = await Promise.all(
      names.map(async (name) => {
        const capabilities = await core.getProperty(name, 'OPTIMIZATION_CAPABILITIES');
        return {
          name,
          fullName: String(await core.getProperty(name, 'FULL_DEVICE_NAME')),
          capabilities: Array.isArray(capabilities) ? capabilities : [],
        };
      }),
    );
    return {
      ...loaded,
      openvinoVersion: openvinoVersion(),
      devices,
      defaultPrecision: String(await core.getProperty('CPU', 'INFERENCE_PRECISION_HINT')),
      inferenceThreads: Number(await core.getProperty('CPU', 'INFERENCE_NUM_THREADS')),
    };
  } catch (error) {
    if (!(error instanceof OpenVINODiffusersError)) throw error;
    return { error: error.message, code: error.code };
  }
}

function advise(system: SystemInfo, runtime: DoctorReport['runtime']): string[] {
  const { cpuFeatures, cpuQuota, processors, memoryBytes } = system;
  const advice: string[] = [];
  if (system.allocatorCrashes) {
    advice.push(
      `${system.allocator} is loaded in place of the C library's allocator (${preloaded()}), with which OpenVINO aborts ` +
        `('free(): invalid pointer') unless TBB_ENABLE_SANITIZERS is 1. The package sets it when it is first used in the ` +
        `main thread, and refuses to load OpenVINO in a worker first: set TBB_ENABLE_SANITIZERS=1 for workers.`,
    );
  }
  if ('error' in runtime) return [...advice, 'Nothing can run until the addon and OpenVINO load: see above.'];
  for (const { source, usable, outcome } of runtime.runtimes) {
    if (!usable && source.endsWith('_DIR')) advice.push(`${source} is set but was not used: ${outcome}.`);
  }
  if (cpuFeatures && !cpuFeatures.avx512_bf16 && !cpuFeatures.amx_bf16) {
    advice.push('This CPU has no native bf16: images are computed in f32, at about twice the time.');
  }
  if (cpuQuota !== undefined && cpuQuota < processors) {
    advice.push(
      `The container grants the time of ${cpuQuota} of ${processors} processors: generation takes as long as on so many.`,
    );
  }
  if (memoryBytes < 8 * 2 ** 30)
    advice.push('With less than 8 GiB of memory, prefer bf16 and sizes up to 512x512.');
  return advice;
}

function describe({ version: own, node, system, runtime, selfTest: tested, advice }: DoctorReport): string {
  const lines = [
    `openvino-diffusers ${own}, Node ${node}, ${system.platform}`,
    `CPU         ${system.cpu}, ${system.processors} processors${describeQuota(system)}`,
    `memory      ${describeMemory(system)}`,
    `features    ${features(system)}`,
    `allocator   ${system.allocator ?? 'unknown on this system'}`,
  ];
  if ('error' in runtime) lines.push('', runtime.error);
  else {
    lines.push(
      `OpenVINO    ${runtime.openvinoVersion}, from ${runtime.source}: ${runtime.directory}`,
      `addon       ${runtime.addonPath}`,
      ...runtime.devices.map(
        ({ name, fullName, capabilities }) => `${name.padEnd(11)} ${fullName} (${capabilities.join(', ')})`,
      ),
      `precision   ${runtime.defaultPrecision} by default`,
      `threads     ${runtime.inferenceThreads === 0 ? "OpenVINO's choice" : runtime.inferenceThreads}`,
    );
  }
  if (tested) lines.push(`self-test   ${describeSelfTest(tested)}`);
  if (advice.length > 0) lines.push('', 'Advice', ...advice.map((line) => `- ${line}`));
  return lines.join('\n');
}

function describeSelfTest(tested: NonNullable<DoctorReport['selfTest']>): string {
  if ('error' in tested) return `failed: ${tested.error}`;
  const { kind, passed, difference, tolerance } = tested;
  const what = kind === 'image' ? 'the image of the model of shapes' : 'a small network';
  const figures = `largest difference ${difference.toPrecision(2)}, up to ${tolerance} is right`;
  if (passed) return `passed: ${what} is as recorded (${figures})`;
  return `failed: ${what} is not as recorded (${figures}). OpenVINO computes wrongly on this machine: do not rely on its images`;
}

function describeQuota({ cpuQuota }: SystemInfo): string {
  return cpuQuota === undefined ? '' : `, of which the container grants the time of ${cpuQuota}`;
}

function describeMemory({ memory }: SystemInfo): string {
  const { cgroupBytes, addressSpaceBytes, limitBytes, availableBytes } = memory;
  const limits = [
    ...(cgroupBytes === undefined ? [] : [`the container allows ${gibibytes(cgroupBytes)}`]),
    ...(addressSpaceBytes === undefined ? [] : [`ulimit -v allows ${gibibytes(addressSpaceBytes)}`]),
  ];
  return [`${gibibytes(limitBytes)}, ${gibibytes(availableBytes)} available`, ...limits].join('; ');
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** How such an allocator came into the process. */
function preloaded(): string {
  const { LD_PRELOAD } = process.env;
  return LD_PRELOAD ? `LD_PRELOAD=${LD_PRELOAD}` : 'linked, or named in /etc/ld.so.preload';
}

function features({ cpuFeatures }: SystemInfo): string {
  if (!cpuFeatures) return 'unknown on this system';
  return Object.entries(cpuFeatures)
    .map(([name, present]) => `${present ? '' : 'no '}${name}`)
    .join(', ');
}
