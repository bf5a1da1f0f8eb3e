// Works without an end until it is ended: `node endings-child.mjs STAGE DELAY`, as a process or as a worker with these as
// workerData. Says 'working' when it has begun; with a DELAY in ms it exits by itself after so long, saying when.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

import { OVStableDiffusionPipeline } from '../../dist/index.js';
import { Core, graph, Tensor } from '../../dist/runtime/index.js';

const [stage, delay] = isMainThread ? process.argv.slice(2) : workerData;

const SIZE = 256;
const LAYERS = 80;

/** @param {string} line */
function tell(line) {
  if (parentPort) parentPort.postMessage(line);
  else writeSync(3, `${line}\n`);
}

function network() {
  const input = graph.parameter('f32', [SIZE, SIZE], 'x');
  let output = input;
  for (let layer = 0; layer < LAYERS; layer++) {
    const weight = graph.constant('f32', [SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(layer / SIZE));
    output = graph.node('Tanh', [
      graph.node('MatMul', [output, weight], { transpose_a: false, transpose_b: false }),
    ]);
  }
  return graph.model([input], [{ output, names: ['y'] }], 'network');
}

/** @type {Record<string, () => Promise<(round: number) => Promise<unknown>>>} each gives what is done again and again */
const stages = {
  compile: async () => {
    const core = new Core();
    const model = network();
    return async () => {
      const compiled = await core.compileModel(model);
      await compiled.dispose();
    };
  },
  infer: async () => {
    const request = await (await new Core().compileModel(network())).createInferRequest();
    request.setInput('x', new Tensor('f32', [SIZE, SIZE], new Float32Array(SIZE * SIZE)));
    return () => request.infer();
  },
  pipeline: async () => {
    const folder = join(import.meta.dirname, '../fixtures/sd-tiny');
    const pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
    return async (round) => {
      const side = 32 + 8 * (round % 4);
      await pipeline.generate('a red circle', { width: side, height: side, numInferenceSteps: 4 });
    };
  },
};

const work = await stages[stage]?.();
tell('working');
if (delay !== undefined && delay !== '') {
  setTimeout(() => {
    tell(String(Date.now()));
    process.exit(0);
  }, Number(delay));
}
for (let round = 0; ; round++) await work?.(round);
