// A worker of the pool: loads a pipeline of its own, then generates one image for each message.
import { parentPort, workerData } from 'node:worker_threads';

import { OVStableDiffusionPipeline } from 'openvino-diffusers';

/** @typedef {{ model: string, threads: number }} WorkerOptions */
/** @typedef {{ id: number, prompt: string, steps: number, seed: number }} Task */
/** @typedef {{ id: number, png: Uint8Array } | { id: number, error: unknown }} Answer */

const { model, threads } = /** @type {WorkerOptions} */ (workerData);
const pipeline = await OVStableDiffusionPipeline.fromPretrained(model, {
  ovConfig: { INFERENCE_NUM_THREADS: threads },
});

parentPort?.on('message', (/** @type {Task} */ task) => void answer(task));

/** @param {Task} task */
async function answer({ id, prompt, steps, seed }) {
  try {
    const { images } = await pipeline.generate(prompt, { numInferenceSteps: steps, seed });
    const [image] = images;
    if (image) send({ id, png: await image.toBuffer('png') });
  } catch (error) {
    send({ id, error });
  }
}

/** @param {Answer} message */
function send(message) {
  parentPort?.postMessage(message);
}
