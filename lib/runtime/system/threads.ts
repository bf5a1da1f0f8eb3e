import { availableParallelism, cpus } from 'node:os';

import { cgroupFolders, readSetting, smallest } from './cgroup.js';

/**
 * Processors' worth of time that this process's control groups may use (`cpu.max`, or `cpu.cfs_quota_us`), e.g. 1.5
 * with `docker run --cpus 1.5`.
 *
 * @param root - the file system's root; tests have another
 * @returns undefined without a quota
 */
export function cpuQuota(root = '/'): number | undefined {
  const { v2, v1 } = cgroupFolders(root);
  const quotas = [
    smallest(v2, (folder) => {
      const [quota, period = '100000'] = readSetting(folder, 'cpu.max')?.split(' ') ?? [];
      return processors(quota, period);
    }),
    smallest(v1('cpu'), (folder) =>
      processors(readSetting(folder, 'cpu.cfs_quota_us'), readSetting(folder, 'cpu.cfs_period_us')),
    ),
  ].filter((quota) => quota !== undefined);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/**
 * The threads that inference should be limited to, OpenVINO's `INFERENCE_NUM_THREADS`. OpenVINO takes a thread for each
 * processor it sees; where a quota grants less time, the kernel stops all of them for the remainder of each period.
 *
 * @returns the quota rounded up; undefined where it does not limit, so that OpenVINO should choose
 */
export function threadLimit(root = '/', processorsSeen = cpus().length): number | undefined {
  const quota = cpuQuota(root);
  const limit = quota === undefined ? Infinity : Math.max(1, Math.ceil(quota));
  return limit < processorsSeen ? limit : undefined;
}

/** Threads that can run at once: what affinity and quota leave of the processors. */
export function availableThreads(root = '/'): number {
  return Math.min(availableParallelism(), threadLimit(root) ?? Infinity);
}

function processors(quota: string | undefined, period: string | undefined): number | undefined {
  // 'max' (v2) and -1 (v1) stand for no quota.
  const value = Number(quota) / Number(period);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}
