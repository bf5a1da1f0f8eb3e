import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Resident memory in MB, and the most it has been since `startPeak`; where the system does not say, since the start. */
export function peak(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/** Lets the peak begin anew, which Linux can. */
export function startPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then peaks are those of the whole process.
  }
}

export function resident(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

/** Resident memory without what is only due to be collected. */
export function settled(): number {
  collect();
  return resident();
}
