import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const WATCH_EVERY_MS = 20;

/**
 * Runs a command to its end and says what it cost. Linux only: memory is read from /proc.
 *
 * @param {string} command
 * @param {string[]} parameters
 * @returns {Promise<{ seconds: number, cpuSeconds: number, peakAnonymousBytes: number }>} wall-clock time, time on
 * processors (children included), and the most memory that no file stands behind
 */
export async function processCost(command, parameters) {
  const before = childSeconds();
  const start = performance.now();
  const child = spawn(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakAnonymousBytes = 0;
  const timer = setInterval(() => {
    peakAnonymousBytes = Math.max(peakAnonymousBytes, anonymousBytes(child.pid));
  }, WATCH_EVERY_MS);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with ${code}`);
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: childSeconds() - before,
    peakAnonymousBytes,
  };
}

/** @param {number | undefined} pid */
function anonymousBytes(pid) {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of all children that have ended. */
function childSeconds() {
  const [, after = ''] = /^.*\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
  const fields = after.split(' ');
  // cutime and cstime, in hundredths, are the fields 16 and 17 of proc(5); two come before the closing bracket.
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
