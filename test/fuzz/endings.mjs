import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { say } from '../../scripts/console.mjs';
import { buildTypeScript } from '../../scripts/typescript-build.mjs';
import { watchForHang } from './hang-watch.mjs';

const STAGES = ['compile', 'infer', 'pipeline'];
const LEAVES = ['exit', 'SIGTERM', 'SIGINT'];
const LONGEST_DELAY = 400;
/** A process of workers that crashes loses the others of its batch. */
const WORKERS_PER_PROCESS = 20;
const TIMEOUT = 120_000;

/**
 * Ends processes and workers at random moments of compilation and inference.
 *
 * @param {{ rounds: number, seed: number }} options rounds of each kind
 * @returns {Promise<number>} how many ended otherwise than they were told
 */
export async function fuzzEndings({ rounds, seed }) {
  buildTypeScript();
  const random = generator(seed);
  /** @param {string[]} list */
  const pick = (list) => list[Math.floor(random() * list.length)] ?? '';
  /** @type {Map<string, number[]>} */
  const times = new Map();
  /** @type {(key: string, took: number) => void} */
  const note = (key, took) => void times.set(key, [...(times.get(key) ?? []), took]);
  let faults = 0;

  for (let round = 0; round < rounds; round++) {
    const [stage, leave] = [pick(STAGES), pick(LEAVES)];
    const delay = Math.floor(random() * LONGEST_DELAY);
    const { ending, took, stderr } = await endProcess(stage, leave, delay);
    note(`process, ${stage}, ${leave}`, took);
    if (ending === (leave === 'exit' ? '0' : leave)) continue;
    faults++;
    say(`A process at ${stage} after ${delay} ms, told ${leave}, ended with ${ending}\n${stderr}`);
  }

  for (let done = 0; done < rounds; done += WORKERS_PER_PROCESS) {
    const batch = Array.from({ length: Math.min(WORKERS_PER_PROCESS, rounds - done) }, () => [
      pick(STAGES),
      Math.floor(random() * LONGEST_DELAY),
      pick(['terminate', 'exit']),
    ]);
    const { ending, lines, stderr } = await run('endings-workers.mjs', [JSON.stringify(batch)]);
    for (const line of lines) {
      const { stage, leave, took } = JSON.parse(line);
      note(`worker, ${stage}, ${leave}`, took);
    }
    if (ending === '0') continue;
    faults++;
    say(`Workers ended their process with ${ending}, at ${JSON.stringify(batch[lines.length])}\n${stderr}`);
  }

  for (const [key, all] of [...times].sort()) {
    const sorted = all.sort((a, b) => a - b);
    say(`${key}: ${all.length} times, median ${sorted[all.length >> 1]} ms, longest ${sorted.at(-1)} ms`);
  }
  say(`endings: ${rounds} processes and ${rounds} workers; ${faults} faults`);
  return faults;
}

/**
 * @param {string} stage
 * @param {string} leave
 * @param {number} delay
 */
async function endProcess(stage, leave, delay) {
  let since = 0;
  const { ending, stderr } = await run(
    'endings-child.mjs',
    [stage, leave === 'exit' ? String(delay) : ''],
    (line, child) => {
      if (line !== 'working') {
        since = Number(line);
      } else if (leave !== 'exit') {
        setTimeout(() => {
          since = Date.now();
          child.kill(/** @type {NodeJS.Signals} */ (leave));
        }, delay);
      }
    },
  );
  return { ending, stderr, took: Date.now() - since };
}

/**
 * @param {string} script
 * @param {string[]} args
 * @param {(line: string, child: import('node:child_process').ChildProcess) => void} [onLine]
 * @returns {Promise<{ ending: string, lines: string[], stderr: string }>}
 */
async function run(script, args, onLine) {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const watch = watchForHang(child, TIMEOUT);
  /** @type {string[]} */
  const lines = [];
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr = (stderr + data).slice(-3000);
  });
  createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdio[3]) }).on(
    'line',
    (line) => {
      watch.refresh();
      lines.push(line);
      onLine?.(line, child);
    },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      watch.stop();
      resolve({ ending: watch.isHanging ? 'a hang' : (signal ?? String(code)), lines, stderr });
    });
  });
}

/**
 * Numbers from 0 to 1, the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function generator(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
