import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';

import { allocator, allocatorCrashes, type Allocator } from '../runtime/system/allocator.js';
import { memoryLimits, type MemoryLimits } from '../runtime/system/memory.js';
import { cpuQuota } from '../runtime/system/threads.js';

/** What of a machine decides how fast it generates, and what fits. */
export interface SystemInfo {
  platform: string;
  cpu: string;
  /** Processors this process may use. */
  processors: number;
  /** Processors' worth of time its container grants; undefined without a quota. */
  cpuQuota: number | undefined;
  /** The machine's memory, or what a container or `ulimit -v` leaves of it. */
  memoryBytes: number;
  memory: MemoryLimits;
  /** Undefined where the system does not say. */
  cpuFeatures:
    Record<'avx2' | 'avx512f' | 'avx512_bf16' | 'avx512_vnni' | 'amx_bf16' | 'amx_int8', boolean> | undefined;
  /** An allocator loaded in place of the C library's; undefined where that cannot be known. */
  allocator: Allocator | undefined;
  /** Whether OpenVINO would abort with this allocator, did the package not set `TBB_ENABLE_SANITIZERS`. */
  allocatorCrashes: boolean;
}

export async function systemInfo(): Promise<SystemInfo> {
  const memory = memoryLimits();
  const used = allocator();
  return {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    cpuQuota: cpuQuota(),
    memoryBytes: memory.limitBytes,
    memory,
    cpuFeatures: await cpuFeatures(),
    allocator: used,
    allocatorCrashes: allocatorCrashes(used),
  };
}

async function cpuFeatures(): Promise<SystemInfo['cpuFeatures']> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1]?.split(/\s+/);
  if (!flags) return undefined;
  const has = (flag: string): boolean => flags.includes(flag);
  return {
    avx2: has('avx2'),
    avx512f: has('avx512f'),
    avx512_bf16: has('avx512_bf16'),
    avx512_vnni: has('avx512_vnni'),
    amx_bf16: has('amx_bf16'),
    amx_int8: has('amx_int8'),
  };
}
