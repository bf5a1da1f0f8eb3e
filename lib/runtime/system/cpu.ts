import { lines } from './cgroup.js';

/**
 * The features of this machine's x64 processor, by Linux's names such as 'avx2'.
 *
 * @param root - the file system's root; tests have another
 * @returns undefined where the system does not list them: other systems than Linux, other processors, no /proc
 */
export function cpuFlags(root = '/'): ReadonlySet<string> | undefined {
  const line = lines(root, 'proc/cpuinfo').find((text) => /^flags\s*:/.test(text));
  return line === undefined
    ? undefined
    : new Set(
        line
          .replace(/^flags\s*:/, '')
          .trim()
          .split(/\s+/),
      );
}
