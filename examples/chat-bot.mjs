// The queue of a chat bot: one generation at a time, one waiting job a user, a limit, and /cancel. The chat here is the
// terminal; in a bot, call `handle` for each message and give `send` the bot's way to answer.
//
//   node chat-bot.mjs
//   alice: /imagine a lighthouse at dusk
//   alice: /cancel
import { createInterface } from 'node:readline';

import { OVStableDiffusionPipeline } from 'openvino-diffusers';

const MAX_JOBS = 10;

/** @typedef {(user: string, text: string, png?: Uint8Array) => void} Send */

export class ImageBot {
  #pipeline;
  #send;
  /** Jobs in the order they came, the running one first: user to what cancels it. @type {Map<string, AbortController>} */
  #jobs = new Map();

  /**
   * @param {OVStableDiffusionPipeline} pipeline
   * @param {Send} send
   */
  constructor(pipeline, send) {
    this.#pipeline = pipeline;
    this.#send = send;
  }

  /**
   * @param {string} user
   * @param {string} text
   */
  async handle(user, text) {
    const [, command, prompt = ''] = /^\/(imagine|cancel)\s*(.*)$/.exec(text) ?? [];
    if (command === 'imagine' && prompt) await this.#imagine(user, prompt);
    else if (command === 'cancel') this.#jobs.get(user)?.abort();
    else this.#send(user, 'Try: /imagine a lighthouse at dusk');
  }

  /**
   * @param {string} user
   * @param {string} prompt
   */
  async #imagine(user, prompt) {
    if (this.#jobs.has(user)) return this.#send(user, 'One at a time, please; /cancel ends yours');
    if (this.#jobs.size >= MAX_JOBS) return this.#send(user, 'Too many people are waiting, try again later');

    const controller = new AbortController();
    this.#jobs.set(user, controller);
    if (this.#jobs.size > 1) this.#send(user, `${this.#jobs.size - 1} before you`);
    try {
      // The pipeline takes calls in their order; one that waits is cancelled at once.
      const { images, seeds } = await this.#pipeline.generate(prompt, {
        numInferenceSteps: 20,
        signal: controller.signal,
      });
      this.#send(user, `${prompt} (seed ${seeds[0]})`, await images[0]?.toBuffer('png'));
    } catch (error) {
      if (controller.signal.aborted) return this.#send(user, 'Cancelled');
      console.error(error);
      this.#send(user, 'That did not work, sorry');
    } finally {
      this.#jobs.delete(user);
    }
  }
}

if (import.meta.filename === process.argv[1]) {
  const pipeline = await OVStableDiffusionPipeline.fromPretrained(
    process.env.MODEL_DIR ?? 'stable-diffusion-v1-5/stable-diffusion-v1-5',
  );
  const bot = new ImageBot(pipeline, (user, text, png) => {
    console.log(`@${user} ${text}${png ? ` [${png.length} bytes]` : ''}`);
  });
  console.log('Ready');
  /** @type {Promise<void>[]} */
  const handled = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const [, user = 'you', text = ''] = /^(?:(\w+):\s*)?(.*)$/.exec(line) ?? [];
    handled.push(bot.handle(user, text));
  }
  await Promise.all(handled);
  await pipeline.dispose();
}
