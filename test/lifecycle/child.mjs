// Goes to a stage and leaves there: `node child.mjs STAGE LEAVE`. Run by the lifecycle tests, as a process and as a worker.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

import { Core, graph, Tensor } from '../../dist/runtime/index.js';

const [stage, leave] = isMainThread ? process.argv.slice(2) : workerData;

const SIZE = 384;

function network() {
  const input = graph.parameter('f32', [SIZE, SIZE], 'x');
  let output = input;
  for (let layer = 0; layer < 60; layer++) {
    const weight = graph.constant('f32', [SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(layer / SIZE));
    output = graph.node('MatMul', [output, weight], { transpose_a: false, transpose_b: false });
  }
  return graph.model([input], [{ output, names: ['y'] }], 'network');
}

/** @param {Core} core */
async function compiledRequest(core) {
  const request = await (await core.compileModel(network())).createInferRequest();
  request.setInput('x', new Tensor('f32', [SIZE, SIZE], new Float32Array(SIZE * SIZE)));
  return request;
}

/**
 * Each stage starts something and returns with it under way.
 *
 * @type {Record<string, () => unknown>}
 */
const stages = {
  loaded: () => new Core(),
  asking: () => void new Core().availableDevices(),
  compiling: () => void new Core().compileModel(network()),
  compiled: async () => compiledRequest(new Core()),
  inferring: async () => void (await compiledRequest(new Core())).infer(),
  inferred: async () => {
    const request = await compiledRequest(new Core());
    await request.infer();
    return request.getOutput('y').data;
  },
  disposed: async () => {
    const request = await compiledRequest(new Core());
    await request.infer();
    await request.dispose();
  },
};

const held = await stages[stage]?.();
if (leave === 'exit') process.exit(0);
if (leave === 'terminate') {
  parentPort?.postMessage('ready');
  setInterval(() => held, 1000); // nothing is collected before the end
}
