import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { allocator, allocatorCrashes } from '../../../../lib/runtime/system/allocator.js';
import { memoryLimits } from '../../../../lib/runtime/system/memory.js';
import { availableThreads, cpuQuota, threadLimit } from '../../../../lib/runtime/system/threads.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'root-'));
});
afterEach(() => rm(root, { recursive: true }));

const GIB = 2 ** 30;

/** Makes a file system of these files, under `root`. */
async function files(contents: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${content}\n`);
  }
}

const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw master:9 - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

describe('the CPU quota of cgroup v2', () => {
  const v2 = (path: string) => files({ 'proc/self/mountinfo': V2, 'proc/self/cgroup': `0::${path}` });

  it.each([
    ['150000 100000', 1.5],
    ['50000', 0.5],
    ['max 100000', undefined],
    ['max', undefined],
    ['', undefined],
  ])('of %s is %s', async (content, quota) => {
    await v2('/');
    await files({ 'sys/fs/cgroup/cpu.max': content });
    expect(cpuQuota(root)).toBe(quota);
  });

  it('is the smallest of all groups above the process', async () => {
    await v2('/user.slice/app.scope');
    await files({
      'sys/fs/cgroup/user.slice/app.scope/cpu.max': '400000 100000',
      'sys/fs/cgroup/user.slice/cpu.max': '250000 100000',
      'sys/fs/cgroup/system.slice/cpu.max': '100000 100000',
    });
    expect(cpuQuota(root)).toBe(2.5);
  });

  it('is that of the mount where the group is in another namespace', async () => {
    await v2('/../../docker/abc');
    await files({ 'sys/fs/cgroup/cpu.max': '200000 100000' });
    expect(cpuQuota(root)).toBe(2);
  });
});

describe('the CPU quota of cgroup v1', () => {
  const v1 = (path: string) =>
    files({ 'proc/self/mountinfo': V1, 'proc/self/cgroup': `3:cpu,cpuacct:${path}\n2:memory:${path}` });

  it.each([
    [150_000, 100_000, 1.5],
    [20_000, 10_000, 2],
    [-1, 100_000, undefined],
  ])('of %d in %d is %s', async (quota, period, expected) => {
    await v1('/app');
    await files({
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': quota,
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': period,
    });
    expect(cpuQuota(root)).toBe(expected);
  });

  it('is that of the mount where the container sees the host’s path', async () => {
    await v1('/docker/abc');
    await files({
      'proc/self/mountinfo': V1.replaceAll(' / /sys', ' /docker/abc /sys'),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': 300_000,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': 100_000,
    });
    expect(cpuQuota(root)).toBe(3);
  });
});

describe('threads', () => {
  const quota = (processors: number) =>
    files({
      'proc/self/mountinfo': V2,
      'proc/self/cgroup': '0::/',
      'sys/fs/cgroup/cpu.max': `${processors * 100_000} 100000`,
    });

  it.each([
    [1.5, 8, 2],
    [0.2, 8, 1],
    [4, 8, 4],
    [8, 8, undefined],
    [16, 8, undefined],
  ])('with a quota of %d on %d processors are limited to %s', async (granted, processors, limit) => {
    await quota(granted);
    expect(threadLimit(root, processors)).toBe(limit);
  });

  it('are not limited without a quota, nor without /proc', () => {
    expect(threadLimit(root)).toBeUndefined();
    expect(availableThreads(root)).toBeGreaterThanOrEqual(1);
  });

  it('available are no more than the quota', async () => {
    await quota(0.5);
    expect(availableThreads(root)).toBe(1);
  });
});

describe('memory', () => {
  const machine = {
    'proc/meminfo': `MemTotal:       ${16 * 2 ** 20} kB\nMemFree: 1 kB\nMemAvailable:   ${12 * 2 ** 20} kB`,
    'proc/self/limits':
      'Limit Soft Hard Units\nMax address space         unlimited            unlimited            bytes',
    'proc/self/status': `Name:\tnode\nVmSize:\t ${2 ** 20} kB`,
  };

  it('is the machine’s without a limit', async () => {
    await files(machine);
    expect(memoryLimits(root)).toEqual({
      cgroupBytes: undefined,
      addressSpaceBytes: undefined,
      limitBytes: 16 * GIB,
      availableBytes: 12 * GIB,
    });
  });

  it('is what a container allows (v2), without files the kernel can drop', async () => {
    await files({
      ...machine,
      'proc/self/mountinfo': V2,
      'proc/self/cgroup': '0::/app',
      'sys/fs/cgroup/app/memory.max': 4 * GIB,
      'sys/fs/cgroup/app/memory.current': 3 * GIB,
      'sys/fs/cgroup/app/memory.stat': `anon 5\ninactive_file ${2 * GIB}\nactive_file 7`,
    });
    expect(memoryLimits(root)).toEqual({
      cgroupBytes: 4 * GIB,
      addressSpaceBytes: undefined,
      limitBytes: 4 * GIB,
      availableBytes: 3 * GIB,
    });
  });

  it('is what a container allows (v1), where a huge number stands for no limit', async () => {
    await files({
      ...machine,
      'proc/self/mountinfo': V1,
      'proc/self/cgroup': '2:memory:/app',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/memory/app/memory.limit_in_bytes': GIB,
      'sys/fs/cgroup/memory/app/memory.usage_in_bytes': GIB,
      'sys/fs/cgroup/memory/app/memory.stat': `inactive_file 1\ntotal_inactive_file ${GIB / 4}`,
    });
    expect(memoryLimits(root)).toMatchObject({ cgroupBytes: GIB, limitBytes: GIB, availableBytes: GIB / 4 });
  });

  it('without a limit in v2 is the machine’s', async () => {
    await files({
      ...machine,
      'proc/self/mountinfo': V2,
      'proc/self/cgroup': '0::/',
      'sys/fs/cgroup/memory.max': 'max',
    });
    expect(memoryLimits(root)).toMatchObject({ cgroupBytes: undefined, limitBytes: 16 * GIB });
  });

  it('is what the limit of the address space leaves', async () => {
    await files({
      ...machine,
      'proc/self/limits': `Max address space         ${3 * GIB}           unlimited            bytes`,
    });
    expect(memoryLimits(root)).toMatchObject({
      addressSpaceBytes: 3 * GIB,
      limitBytes: 3 * GIB,
      availableBytes: 2 * GIB,
    });
  });

  it('of this machine is known', () => {
    const { limitBytes, availableBytes } = memoryLimits();
    expect(limitBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(limitBytes);
  });
});

describe('an allocator', () => {
  const maps = (library: string) => `7f00-7f01 r-xp 00000000 08:01 1234  ${library}\n7f02-7f03 rw-p 0 [heap]`;

  it.each([
    ['/usr/lib/x86_64-linux-gnu/libjemalloc.so.2', 'jemalloc'],
    ['/usr/lib/libtcmalloc_minimal.so.4', 'tcmalloc'],
    ['/opt/libmimalloc.so.2.1', 'mimalloc'],
    ['/usr/lib/libc.so.6', 'system'],
    ['/home/libjemalloc-project/libx.so', 'system'],
  ])('in %s is %s', (library, name) => {
    expect(allocator(maps(library))).toBe(name);
  });

  it.each([
    ['jemalloc', {}, true],
    ['jemalloc', { TBB_ENABLE_SANITIZERS: '0' }, true],
    ['jemalloc', { TBB_ENABLE_SANITIZERS: '1' }, false],
    ['system', {}, false],
    [undefined, {}, false],
  ] as const)('%s with %o crashes: %s', (used, env, crashes) => {
    expect(allocatorCrashes(used, env)).toBe(crashes);
  });
});
