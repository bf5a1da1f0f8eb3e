// node bench/network.mjs FOLDER… [--network unet] [--size 512] [--rounds 5] [--precision bf16] [--threads N] [--dynamic]:
// the same network of exported folders, one inference of each in turn, in one process, and how far their outputs are
// from those of the first folder in f32. With --threads 1 it compares processor time, which other work on the machine
// hardly changes.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { sharedCore, Tensor } from '../dist/runtime/index.js';
import { median } from './median.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    network: { type: 'string', default: 'unet' },
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'bf16' },
    threads: { type: 'string' },
    dynamic: { type: 'boolean', default: false },
  },
});
const side = Number(values.size) / 8;
const precision = /** @type {'bf16' | 'f32'} */ (values.precision);
const countsCpu = values.threads === '1';
const core = sharedCore();

/** @param {string} name @param {readonly (number | readonly [number, number])[] | null} shape */
function shapeOf(name, shape) {
  switch (name) {
    case 'timestep':
      return [1];
    case 'encoder_hidden_states':
      return [2, 77, Number(shape?.[2])];
    case 'latent_sample':
      return [1, Number(shape?.[1]), side, side];
    default: {
      const batch = values.network === 'unet' ? 2 : 1;
      const pixels = values.network === 'unet' ? side : 8 * side;
      return [batch, Number(shape?.[1]), pixels, pixels];
    }
  }
}

/** @param {string} folder @param {'bf16' | 'f32'} precision */
async function prepare(folder, precision) {
  const model = await core.readModel(join(folder, values.network, 'openvino_model.xml'));
  const shapes = Object.fromEntries(
    model.inputs.map(({ names: [name = ''], shape }) => [name, shapeOf(name, shape)]),
  );
  const start = performance.now();
  const compiled = await core.compileModel(model, {
    ...(values.dynamic ? {} : { shapes }),
    elementTypes: Object.fromEntries(Object.keys(shapes).map((name) => [name, 'f32'])),
    properties: {
      PERFORMANCE_HINT: 'LATENCY',
      INFERENCE_PRECISION_HINT: precision,
      ...(values.threads === undefined ? {} : { INFERENCE_NUM_THREADS: Number(values.threads) }),
    },
  });
  const compileSeconds = (performance.now() - start) / 1000;
  const request = await compiled.createInferRequest();
  for (const [name, shape] of Object.entries(shapes)) {
    const length = shape.reduce((a, b) => a * b);
    const data = Float32Array.from({ length }, (_, i) => (name === 'timestep' ? 500 : Math.sin(i)));
    request.setInput(name, new Tensor('f32', shape, data));
  }
  model.dispose();
  return { folder, compileSeconds, request, compiled };
}

/** @param {Awaited<ReturnType<typeof prepare>>} entry */
async function release({ request, compiled }) {
  await request.dispose();
  await compiled.dispose();
}

/** @param {Awaited<ReturnType<typeof prepare>>} entry */
const outputOf = ({ request }) => Float32Array.from(request.getOutput(0).data, Number);

const reference = await prepare(positionals[0] ?? '', 'f32');
await reference.request.infer();
const expected = outputOf(reference);
await release(reference);

const entries = [];
for (const folder of positionals) {
  const seconds = /** @type {number[]} */ ([]);
  entries.push({ ...(await prepare(folder, precision)), seconds });
}

/** @param {NodeJS.CpuUsage} [since] */
function cpuSeconds(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

// The first round warms up.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const entry of round % 2 ? entries.toReversed() : entries) {
    const start = performance.now();
    const usage = process.cpuUsage();
    await entry.request.infer();
    if (round > 0) entry.seconds.push(countsCpu ? cpuSeconds(usage) : (performance.now() - start) / 1000);
  }
}

const [first] = entries;
const size = Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0));
for (const entry of entries) {
  const { folder, compileSeconds, seconds } = entry;
  const difference = outputOf(entry).reduce((sum, value, i) => sum + (value - (expected[i] ?? NaN)) ** 2, 0);
  const ratio = median(first?.seconds ?? []) / median(seconds);
  const list = seconds.map((s) => s.toFixed(2)).join(', ');
  console.log(
    `${folder}: median ${median(seconds).toFixed(3)} ${countsCpu ? 'CPU s' : 's'} (${list}), ${ratio.toFixed(3)}x; ` +
      `compiled in ${compileSeconds.toFixed(1)} s; relative error ${(Math.sqrt(difference) / size).toExponential(2)}`,
  );
  await release(entry);
}
