import { readFileSync } from 'node:fs';

const KNOWN = ['tcmalloc', 'jemalloc', 'mimalloc'] as const;

/** The allocator in use: one that is loaded in place of the C library's, or 'system'. */
export type Allocator = (typeof KNOWN)[number] | 'system';

/**
 * Which allocator this process uses.
 *
 * @param maps - content of /proc/self/maps
 * @returns undefined where that cannot be known, as on other systems than Linux
 */
export function allocator(maps = readMaps()): Allocator | undefined {
  if (maps === undefined) return undefined;
  return KNOWN.find((name) => new RegExp(`/lib${name}[^/]*\\.so`).test(maps)) ?? 'system';
}

/**
 * Whether OpenVINO would abort the process when it is loaded as it is ('free(): invalid pointer'): its TBB opens libtbbbind with RTLD_DEEPBIND,
 * which then frees with the C library's allocator what a preloaded one allocated. TBB leaves the flag out where
 * `TBB_ENABLE_SANITIZERS` is 1.
 */
export function allocatorCrashes(
  used: Allocator | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return used !== undefined && used !== 'system' && env.TBB_ENABLE_SANITIZERS !== '1';
}

function readMaps(): string | undefined {
  try {
    return readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return undefined;
  }
}
