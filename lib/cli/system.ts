import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** What of a machine decides how fast it draws. */
export interface SystemInfo {
  platform: string;
  cpu: string;
  /** Processors this process may use. */
  processors: number;
  memoryBytes: number;
  /** Undefined where the system does not tell. */
  cpuFeatures:
    Record<'avx2' | 'avx512f' | 'avx512_bf16' | 'avx512_vnni' | 'amx_bf16' | 'amx_int8', boolean> | undefined;
  /** An allocator that is loaded in place of the C library's; undefined where that cannot be told. */
  allocator: 'tcmalloc' | 'jemalloc' | 'mimalloc' | 'system' | undefined;
}

export async function systemInfo(): Promise<SystemInfo> {
  return {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    cpuFeatures: await cpuFeatures(),
    allocator: await allocator(),
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

async function allocator(): Promise<SystemInfo['allocator']> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => undefined);
  if (maps === undefined) return undefined;
  const known = ['tcmalloc', 'jemalloc', 'mimalloc'] as const;
  return known.find((name) => maps.includes(`lib${name}`)) ?? 'system';
}
