import { freemem, totalmem } from 'node:os';

import { cgroupFolders, lines, readSetting } from './cgroup.js';

/** How much memory this process may have, in bytes. */
export interface MemoryLimits {
  /** The limit of its control groups (`memory.max`, `memory.limit_in_bytes`); undefined without one. */
  readonly cgroupBytes: number | undefined;
  /** The limit of its address space (`ulimit -v`); undefined without one. */
  readonly addressSpaceBytes: number | undefined;
  /** The smallest of these and the machine's memory. */
  readonly limitBytes: number;
  /**
   * What can be allocated now before a limit is met: what the machine has free or can reclaim, and what of each limit is
   * not in use. Swap is not counted.
   */
  readonly availableBytes: number;
}

interface Limit {
  readonly limit: number;
  readonly used: number;
}

/**
 * Reads the limits, anew each time.
 *
 * @param root - the file system's root; tests have another
 */
export function memoryLimits(root = '/'): MemoryLimits {
  const { v2, v1 } = cgroupFolders(root);
  const groups = [
    ...limitsOf(v2, { limit: 'memory.max', used: 'memory.current', reclaimable: 'inactive_file' }),
    ...limitsOf(v1('memory'), {
      limit: 'memory.limit_in_bytes',
      used: 'memory.usage_in_bytes',
      reclaimable: 'total_inactive_file',
    }),
  ];
  const addressSpace = addressSpaceLimit(root);
  const total = kibibytes(root, 'proc/meminfo', 'MemTotal') ?? totalmem();
  const free = kibibytes(root, 'proc/meminfo', 'MemAvailable') ?? freemem();
  const all = [...groups, ...(addressSpace ? [addressSpace] : [])];
  return {
    cgroupBytes: groups.length === 0 ? undefined : Math.min(...groups.map(({ limit }) => limit)),
    addressSpaceBytes: addressSpace?.limit,
    limitBytes: Math.min(total, ...all.map(({ limit }) => limit)),
    availableBytes: Math.max(0, Math.min(free, ...all.map(({ limit, used }) => limit - used))),
  };
}

function limitsOf(
  folders: readonly string[],
  names: { limit: string; used: string; reclaimable: string },
): Limit[] {
  return folders.flatMap((folder) => {
    const limit = Number(readSetting(folder, names.limit));
    // 'max' (v2) is no number; v1 has one near 2^63 for no limit.
    if (!(limit >= 0 && limit < 2 ** 60)) return [];
    const used = Number(readSetting(folder, names.used) ?? 0);
    const pattern = new RegExp(`^${names.reclaimable} (\\d+)$`, 'm');
    // The kernel drops cached files before it refuses memory.
    const reclaimable = Number(pattern.exec(readSetting(folder, 'memory.stat') ?? '')?.[1] ?? 0);
    return [{ limit, used: Math.max(0, used - reclaimable) }];
  });
}

function addressSpaceLimit(root: string): Limit | undefined {
  const line = lines(root, 'proc/self/limits').find((text) => text.startsWith('Max address space'));
  const limit = Number(/^Max address space\s+(\d+)/.exec(line ?? '')?.[1]);
  const used = kibibytes(root, 'proc/self/status', 'VmSize');
  return Number.isNaN(limit) || used === undefined ? undefined : { limit, used };
}

/** A line such as `VmSize:  1234 kB`. */
function kibibytes(root: string, path: string, name: string): number | undefined {
  const line = lines(root, path).find((text) => text.startsWith(`${name}:`));
  const value = /(\d+) kB$/.exec(line ?? '')?.[1];
  return value === undefined ? undefined : Number(value) * 1024;
}
