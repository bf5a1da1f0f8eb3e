import { readFileSync } from 'node:fs';

const LOOKS_PER_TIMEOUT = 5;
const MS_PER_TICK = 10;
/** How much longer than `timeout` a process may take that gets little processor time. */
const MAX_WAITING = 10;

/**
 * Ends a process that hangs: one that since its last report has used `timeout` ms of processor time, or has used none at
 * all for so long, or has taken ten times as long. On a busy machine the clock alone says little.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} timeout in ms
 */
export function watchForHang(child, timeout) {
  const used = () => (child.pid === undefined ? undefined : processorTime(child.pid));
  let isHanging = false;
  let reported = { at: Date.now(), used: used() ?? Date.now() };
  let active = reported;
  const watch = setInterval(() => {
    const at = Date.now();
    // Where the system does not say, the clock has to do.
    const now = { at, used: used() ?? at };
    if (now.used !== active.used) active = now;
    const isBusy = now.used - reported.used >= timeout;
    const isIdle = at - active.at >= timeout;
    if (!isBusy && !isIdle && at - reported.at < MAX_WAITING * timeout) return;
    isHanging = true;
    child.kill('SIGKILL');
  }, timeout / LOOKS_PER_TIMEOUT);
  return {
    /** The process has got on. */
    refresh() {
      const at = Date.now();
      reported = { at, used: used() ?? at };
      active = reported;
    },
    stop() {
      clearInterval(watch);
    },
    get isHanging() {
      return isHanging;
    },
  };
}

/**
 * In ms, of all threads of a process; undefined where the system does not say.
 *
 * @param {number} pid
 */
function processorTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
