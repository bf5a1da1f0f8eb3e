// node bench/export.mjs --model FOLDER [--python PYTHON] [--weight-format FORMAT]: what exporting a diffusers folder
// costs here and, with a Python that has optimum-intel, there.
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { processCost } from './process-cost.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    python: { type: 'string' },
    'weight-format': { type: 'string', default: 'stored' },
    work: { type: 'string', default: tmpdir() },
    keep: { type: 'boolean', default: false },
  },
});
if (values.model === undefined) throw new Error('Which model? --model FOLDER');

const work = await mkdtemp(join(values.work, 'bench-export-'));
/** @type {({ name: string } & Awaited<ReturnType<typeof processCost>>)[]} */
const rows = [];
/** @param {string} name @param {string} command @param {string[]} parameters */
const measure = async (name, command, parameters) => {
  rows.push({ name, ...(await processCost(command, parameters)) });
};

// Whoever came first would otherwise read the model from the disk, and the other from memory.
for (const entry of await readdir(values.model, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  for await (const chunk of createReadStream(join(entry.parentPath, entry.name))) void chunk;
}

const cli = join(import.meta.dirname, '../dist/cli/main.js');
const format = values['weight-format'];
await measure('openvino-diffusers', process.execPath, [
  cli,
  'export',
  values.model,
  join(work, 'ours'),
  '--weight-format',
  format,
]);
if (values.python !== undefined) {
  const optimum = join(dirname(values.python), 'optimum-cli');
  const asked = format === 'stored' ? [] : ['--weight-format', format];
  await measure('optimum-intel', optimum, [
    'export',
    'openvino',
    '--model',
    values.model,
    '--task',
    'text-to-image',
    ...asked,
    join(work, 'optimum'),
  ]);
}
console.table(
  rows.map(({ name, seconds, cpuSeconds, peakAnonymousBytes }) => ({
    name,
    seconds: +seconds.toFixed(1),
    cpuSeconds: +cpuSeconds.toFixed(1),
    peakAnonymousMB: Math.round(peakAnonymousBytes / 1e6),
  })),
);
const [ours, theirs] = rows;
if (ours && theirs) {
  console.log(
    `optimum-intel takes ${(theirs.seconds / ours.seconds).toFixed(1)} times as long, ` +
      `${(theirs.cpuSeconds / ours.cpuSeconds).toFixed(1)} times the processor time`,
  );
}
if (values.keep) console.log(`The exported folders are in ${work}`);
else await rm(work, { recursive: true });
