/**
 * Tries inputs of one target: `child.mjs TARGET SEED FROM TO`. Writes a line to descriptor 3 before and after each, so
 * that whoever started it knows which input ended the process. `child.mjs TARGET SEED N describe` prints input N.
 */
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import fc from 'fast-check';

import { OpenVINODiffusersError } from '../../lib/index.js';
import { peak, resident, settled, startPeak } from './memory.js';
import { targets } from './targets/index.js';

/** What the child says of an input. */
export type Report =
  | { ready: true }
  | { start: number }
  | { stage: string }
  | { end: number; outcome: string; fault?: 'untyped error' | 'growth'; detail?: string };

/** In MB: during one input, and after all so far. */
const MAX_GROWTH = 400;
const INPUTS_PER_COLLECTION = 50;

const [name, seedText, fromText, toText] = process.argv.slice(2);
const seed = Number(seedText);
const from = Number(fromText);

const target = targets.find((candidate) => candidate.name === name);
if (!target) throw new Error(`There is no target ${String(name)}`);

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
// Whatever is not awaited by the input it comes of is a fault of its own.
process.on('unhandledRejection', (error) => {
  process.stderr.write(`Unhandled rejection: ${inspect(error)}\n`);
  process.exit(70);
});

const trial = await target.prepare(folder);

/** Every second input is drawn evenly, the others nearer to small and extreme values. */
function inputOf(index: number): unknown {
  const [input] = fc.sample(trial.inputs, {
    seed: (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0,
    numRuns: 1,
    unbiased: index % 2 === 0,
  });
  return input;
}

if (toText === 'describe') {
  process.stdout.write(
    `${inspect(inputOf(from), { depth: 12, maxStringLength: 300, maxArrayLength: 50 })}\n`,
  );
  process.exit(0);
}

function report(of: Report): void {
  writeSync(3, `${JSON.stringify(of)}\n`);
}

await trial.warmUp();
await trial.warmUp();
report({ ready: true });
const baseline = settled();
for (let index = from; index < Number(toText); index++) {
  const input = inputOf(index);
  report({ start: index });
  startPeak();
  const before = resident();
  let outcome = 'accepted';
  let unexpected: unknown;
  try {
    await trial.run(input, (stage) => {
      report({ stage });
    });
  } catch (error) {
    if (error instanceof OpenVINODiffusersError) outcome = error.code;
    else unexpected = error;
  }
  const held = index % INPUTS_PER_COLLECTION === 0 ? settled() - baseline : 0;
  const growth = Math.max(peak() - before, held);
  if (unexpected !== undefined) {
    report({ end: index, outcome, fault: 'untyped error', detail: inspect(unexpected).slice(0, 2000) });
  } else if (growth > MAX_GROWTH) {
    report({
      end: index,
      outcome,
      fault: 'growth',
      detail: `${outcome}; ${Math.round(peak() - before)} MB during it, ${Math.round(held)} MB kept`,
    });
    process.exit(0);
  } else {
    report({ end: index, outcome });
  }
}
process.exit(0);
