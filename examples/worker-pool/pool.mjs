// A pool of worker threads, each with a pipeline and a share of the cores:
//
//   node pool.mjs "a red circle" "a blue square" "a green triangle"
//
// On many cores several smaller shares can give more images an hour than one pipeline with all of them; each worker
// needs the model's memory once. What runs in the main thread is not delayed.
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** @typedef {import('./worker.mjs').Answer} Answer */
/** @typedef {import('./worker.mjs').Task} Task */
/** @typedef {{ task: Task, resolve: (png: Uint8Array) => void, reject: (reason: unknown) => void }} Job */

export class ImagePool {
  /** @type {Job[]} */
  #waiting = [];
  /** @type {Map<Worker, Job | undefined>} */
  #workers = new Map();
  #nextId = 0;

  /**
   * @param {string} model - a folder, or an id on the hub
   * @param {number} size - number of workers
   */
  constructor(model, size) {
    const threads = Math.max(1, Math.floor(availableParallelism() / size));
    for (let i = 0; i < size; i++) {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { model, threads } });
      this.#workers.set(worker, undefined);
      worker.on('message', (answer) => this.#finish(worker, answer));
      worker.on('error', (error) => this.#lose(worker, error));
    }
  }

  /**
   * A PNG of a prompt, from the first worker that is free.
   *
   * @param {string} prompt
   * @param {{ steps?: number, seed?: number }} [options]
   * @returns {Promise<Uint8Array>}
   */
  generate(prompt, { steps = 20, seed = 0 } = {}) {
    if (this.#workers.size === 0) return Promise.reject(new Error('The pool has no workers left'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task: { id: this.#nextId++, prompt, steps, seed }, resolve, reject });
      this.#assign();
    });
  }

  async close() {
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
  }

  #assign() {
    for (const [worker, job] of this.#workers) {
      if (job) continue;
      const next = this.#waiting.shift();
      if (!next) return;
      this.#workers.set(worker, next);
      worker.postMessage(next.task);
    }
  }

  /**
   * @param {Worker} worker
   * @param {Answer} answer
   */
  #finish(worker, answer) {
    const job = this.#workers.get(worker);
    this.#workers.set(worker, undefined);
    if ('png' in answer) job?.resolve(answer.png);
    else job?.reject(answer.error);
    this.#assign();
  }

  /**
   * @param {Worker} worker
   * @param {unknown} error
   */
  #lose(worker, error) {
    this.#workers.get(worker)?.reject(error);
    this.#workers.delete(worker);
    if (this.#workers.size > 0) return this.#assign();
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }
}

if (import.meta.filename === process.argv[1]) {
  const pool = new ImagePool(process.env.MODEL_DIR ?? 'stable-diffusion-v1-5/stable-diffusion-v1-5', 2);
  const prompts = process.argv.slice(2);
  await Promise.all(
    prompts.map(async (prompt, index) => {
      await writeFile(`image-${index}.png`, await pool.generate(prompt));
      console.log(`image-${index}.png: ${prompt}`);
    }),
  );
  await pool.close();
}
