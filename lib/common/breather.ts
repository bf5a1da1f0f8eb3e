import { setImmediate } from 'node:timers/promises';

/** Longest stretch of arithmetic on the event loop, in milliseconds. */
const MAX_STRETCH = 8;

/** Lets the event loop turn now and then during long arithmetic. */
export class Breather {
  #since = performance.now();

  /** Returns at once, or after a turn of the event loop when the last one is some milliseconds ago. */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.#since < MAX_STRETCH) return undefined;
    return setImmediate().then(() => {
      this.#since = performance.now();
    });
  }
}
