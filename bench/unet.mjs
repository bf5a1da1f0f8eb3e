// node bench/unet.mjs OURS THEIRS [--size 512] [--rounds 5] [--precision bf16]: two exported folders' UNets, step by step
// in turn, in one process.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { sharedCore, Tensor } from '../dist/runtime/index.js';
import { median } from './median.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'bf16' },
  },
});
const side = Number(values.size) / 8;
const precision = /** @type {'bf16' | 'f32'} */ (values.precision);
const core = sharedCore();

const unets = [];
for (const folder of positionals) {
  const model = await core.readModel(join(folder, 'unet', 'openvino_model.xml'));
  const width = Number(model.inputs.find(({ names }) => names.includes('encoder_hidden_states'))?.shape?.[2]);
  const shapes = { sample: [2, 4, side, side], timestep: [1], encoder_hidden_states: [2, 77, width] };
  const compiled = await core.compileModel(model, {
    shapes,
    elementTypes: { timestep: 'f32' },
    properties: { PERFORMANCE_HINT: 'LATENCY', INFERENCE_PRECISION_HINT: precision },
  });
  const request = await compiled.createInferRequest();
  for (const [name, shape] of Object.entries(shapes)) {
    const length = shape.reduce((a, b) => a * b);
    const data = Float32Array.from({ length }, (_, i) => (name === 'timestep' ? 500 : Math.sin(i)));
    request.setInput(name, new Tensor('f32', shape, data));
  }
  unets.push({ folder, compiled, request, seconds: /** @type {number[]} */ ([]) });
}

// The first round warms up.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const unet of round % 2 ? unets.toReversed() : unets) {
    const start = performance.now();
    await unet.request.infer();
    if (round > 0) unet.seconds.push((performance.now() - start) / 1000);
  }
}
for (const { folder, seconds } of unets) {
  console.log(
    `${folder}: median ${median(seconds).toFixed(3)} s (${seconds.map((s) => s.toFixed(2)).join(', ')})`,
  );
}
const [ours, theirs] = unets;
if (ours && theirs)
  console.log(`ratio of medians: ${(median(ours.seconds) / median(theirs.seconds)).toFixed(3)}`);
for (const { request, compiled } of unets) {
  await request.dispose();
  await compiled.dispose();
}
