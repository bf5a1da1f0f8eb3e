// What an idle event loop shows beside cores that are busy with something else: `node busy.mjs SECONDS`.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { watchTicks } from './tick-gaps.mjs';

const seconds = Number(process.argv[2]);
const spin = `const end = Date.now() + ${seconds * 1000}; while (Date.now() < end);`;
const workers = Array.from({ length: availableParallelism() }, () => new Worker(spin, { eval: true }));
const stop = watchTicks();
await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
console.log(JSON.stringify({ longestGapMs: stop() }));
