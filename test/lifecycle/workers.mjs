// Starts several workers at one stage and ends them: `node workers.mjs STAGE LEAVE`.
import { Worker } from 'node:worker_threads';

const [stage, leave] = process.argv.slice(2);
const WORKERS = 3;

async function run() {
  const worker = new Worker(new URL('./child.mjs', import.meta.url), { workerData: [stage, leave] });
  worker.once('message', () => void worker.terminate());
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
}

const codes = await Promise.all(Array.from({ length: WORKERS }, run));
// A worker that was terminated ends with 1, by Node's own rule.
if (codes.some((code) => code !== (leave === 'terminate' ? 1 : 0))) {
  console.error(`workers ended with ${codes.join(', ')}`);
  process.exitCode = 2;
}
