import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { build } from 'tsdown';

import { progress, say, ScriptError } from '../../scripts/console.mjs';
import { projectRoot } from '../../scripts/project.mjs';
import { watchForHang } from './hang-watch.mjs';

export const FUZZ_TARGETS = [
  'safetensors',
  'checkpoint',
  'config',
  'tokenizer',
  'png',
  'ir',
  'runtime',
  'graph',
];

const BUNDLE = join(projectRoot, 'build/fuzz');
const CHILD = join(BUNDLE, 'child.mjs');

/** Bundles the targets together with lib/ as it is; a folder below build/ finds the addon as lib/ does. */
export async function bundleFuzz() {
  await build({
    config: false,
    cwd: projectRoot,
    entry: { child: 'test/fuzz/child.ts' },
    outDir: BUNDLE,
    format: ['esm'],
    platform: 'node',
    target: 'node20.17',
    dts: false,
    inlineOnly: false,
    logLevel: 'error',
    // The tests' helpers find fixtures from where their sources are.
    define: { 'import.meta.dirname': JSON.stringify(join(projectRoot, 'test/support')) },
  });
}

/**
 * @param {string} target
 * @param {number} seed
 * @param {number} index
 */
export function describeInput(target, seed, index) {
  spawnSync(process.execPath, [CHILD, target, String(seed), String(index), 'describe'], { stdio: 'inherit' });
}

/**
 * @typedef {object} Fault
 * @property {string} kind
 * @property {number} index
 * @property {string} detail
 */

/**
 * Tries a target's inputs, in as many processes as end before all are tried.
 *
 * @param {{ target: string, seed: number, from: number, to: number, timeout: number }} options
 * @returns {Promise<number>} how many faults there were
 */
export async function fuzz({ target, seed, from, to, timeout }) {
  const started = performance.now();
  /** @type {Map<string, number>} */
  const outcomes = new Map();
  let faults = 0;
  let next = from;
  const show = progress(target);
  /** @param {string} outcome */
  const onOutcome = (outcome) => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const tried = [...outcomes.values()].reduce((a, b) => a + b);
    show(tried / (to - from));
  };
  while (next < to) {
    const batch = await tryInputs({ target, seed, from: next, to, timeout }, onOutcome);
    for (const { kind, index, detail } of batch.faults) {
      faults++;
      say(`\n${target} ${index}: ${kind}\n${detail.trim()}`);
      say(`  again: npm run fuzz -- --target ${target} --seed ${seed} --only ${index}\n`);
    }
    next = batch.next;
  }
  const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} ${outcome}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  say(`${target}: ${to - from} inputs in ${seconds} s: ${counts.join(', ')}; ${faults} faults`);
  return faults;
}

/**
 * One process, until it has tried all or ended otherwise.
 *
 * @param {{ target: string, seed: number, from: number, to: number, timeout: number }} options
 * @param {(outcome: string) => void} onOutcome
 * @returns {Promise<{ next: number, faults: Fault[] }>}
 */
async function tryInputs({ target, seed, from, to, timeout }, onOutcome) {
  const child = spawn(process.execPath, [CHILD, target, seed, from, to].map(String), {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  /** @type {Fault[]} */
  const faults = [];
  let current = from;
  let isReady = false;
  let isRunning = false;
  let stage = '';
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors = (errors + data).slice(-3000);
  });
  const watch = watchForHang(child, timeout);
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdio[3]) });
  lines.on('line', (line) => {
    /** @type {import('./child.js').Report} */
    const report = JSON.parse(line);
    watch.refresh();
    if ('ready' in report) {
      isReady = true;
    } else if ('start' in report) {
      current = report.start;
      isRunning = true;
      stage = '';
    } else if ('stage' in report) {
      stage = report.stage;
    } else {
      isRunning = false;
      current = report.end + 1;
      onOutcome(report.outcome);
      if (report.fault) faults.push({ kind: report.fault, index: report.end, detail: report.detail ?? '' });
    }
  });
  const [code, signal] = await /** @type {Promise<[number | null, string | null]>} */ (
    new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...ending) => resolve(ending));
    })
  );
  watch.stop();
  if (!isReady) throw new ScriptError(`${target} does not get ready: ${signal ?? code}\n${errors}`);
  if (isRunning) {
    const kind = watch.isHanging ? 'hang' : 'crash';
    const ending = watch.isHanging
      ? `no end after ${timeout / 1000} s`
      : `ended by ${signal ?? `code ${code}`}`;
    faults.push({ kind, index: current, detail: `${stage}: ${ending}\n${errors}` });
    return { next: current + 1, faults };
  }
  // An unhandled rejection may come after the input that is to blame.
  if (code !== 0)
    faults.push({ kind: 'late end', index: current - 1, detail: `${signal ?? `code ${code}`}\n${errors}` });
  return { next: current, faults };
}
