// Starts workers and ends them: `node endings-workers.mjs [[STAGE, MS, LEAVE], …]`. Prints how many ms each ending took.
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** @type {[string, number, 'terminate' | 'exit'][]} */
const rounds = JSON.parse(process.argv[2] ?? '[]');

for (const [stage, ms, leave] of rounds) {
  const worker = new Worker(new URL('./endings-child.mjs', import.meta.url), {
    workerData: [stage, leave === 'exit' ? String(ms) : ''],
  });
  let since = 0;
  const code = await new Promise((resolve, reject) => {
    worker.on('message', (line) => {
      if (line !== 'working') {
        since = Number(line);
      } else if (leave === 'terminate') {
        setTimeout(() => {
          since = Date.now();
          void worker.terminate();
        }, ms);
      }
    });
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
  // Node ends a worker that is terminated with 1.
  if (code !== (leave === 'terminate' ? 1 : 0))
    throw new Error(`A worker that was to ${leave} ended with ${code}`);
  writeSync(3, `${JSON.stringify({ stage, leave, took: Date.now() - since })}\n`);
}
process.exit(0);
