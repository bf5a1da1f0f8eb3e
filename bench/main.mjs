// npm run bench [-- --model FOLDER --size N --steps N --rounds N --modes TEXT --python PYTHON --json]
// With a Python that has optimum-intel, and a model that is exported, its times stand beside.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { median } from './median.mjs';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.MODEL_DIR ?? join(root, 'test/fixtures/sd-tiny') },
    size: { type: 'string', default: '96' },
    steps: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    modes: { type: 'string' },
    python: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const size = Number(values.size);
const steps = Number(values.steps);
const rounds = Number(values.rounds);

/** The article's table: each mode adds one thing to the one before. */
const modes = [
  { mode: 'f32, dynamic shapes', precision: 'f32', static: false },
  { mode: 'f32, static shapes', precision: 'f32', static: true },
  { mode: 'bf16, dynamic shapes', precision: 'bf16', static: false },
  { mode: 'bf16, static shapes', precision: 'bf16', static: true },
].filter(({ mode }) => values.modes === undefined || mode.includes(values.modes));

/** @param {string} script @param {string} argument @param {string} [program] */
async function measure(script, argument, program = process.execPath) {
  const { stdout } = await run(program, [join(import.meta.dirname, script), argument]);
  return JSON.parse(stdout);
}

/** @param {object} setting */
async function measureMode(setting) {
  const argument = JSON.stringify(setting);
  const ours = await measure('generation.mjs', argument);
  if (values.python === undefined) return ours;
  const theirs = await measure('optimum_generation.py', argument, values.python);
  return {
    ...ours,
    optimumSecondsPerImage: theirs.secondsPerImage,
    optimumCompileSeconds: theirs.compileSeconds,
    optimumPeakMemoryBytes: theirs.peakMemoryBytes,
  };
}

// Round by round, so that what slows the machine for a while slows every mode.
/** @type {Record<string, number>[][]} */
const measured = modes.map(() => []);
/** @type {number[]} */
const busy = [];
for (let round = 0; round < rounds; round++) {
  for (const [index, mode] of modes.entries()) {
    if (!values.json) console.error(`round ${round + 1} of ${rounds}: ${mode.mode}`);
    measured[index]?.push(await measureMode({ model: values.model, size, steps, ...mode }));
  }
  busy.push((await measure('busy.mjs', '3')).longestGapMs);
}

const rows = modes.map(({ mode }, index) => {
  const runs = measured[index] ?? [];
  const names = Object.keys(runs[0] ?? {});
  const medians = Object.fromEntries(
    names.map((name) => [name, median(runs.map((run) => run[name] ?? NaN))]),
  );
  return {
    mode,
    size,
    steps,
    ...medians,
    longestGapMs: Math.max(...runs.map((run) => run.longestGapMs ?? NaN)),
    busyGapMs: Math.max(...busy),
  };
});

if (values.json) {
  console.log(JSON.stringify({ rows }, undefined, 2));
} else {
  console.log(`${values.model}, ${size}x${size}, ${steps} steps, median of ${rounds}`);
  console.table(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'number' ? +value.toPrecision(4) : value,
        ]),
      ),
    ),
  );
  console.log('overhead: time of generate over the sum of its native inference calls');
  console.log(
    'longestGapMs: longest pause of a 10 ms interval; busyGapMs: the same beside plain busy threads',
  );
}
