import { linkedController, type LinkedController } from '../common/abort.js';

/** A signal that follows the caller's, and aborts when nothing has happened for a while. */
export class Watchdog {
  readonly #controller: LinkedController;
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number, caller?: AbortSignal) {
    this.#controller = linkedController(caller);
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`no data for ${milliseconds / 1000} s`));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something happened: the time starts anew. */
  touch(): void {
    this.#timer.refresh();
  }

  /** Ends the watch, and what the signal was given to: a connection whose response was not read to its end. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#controller.unlink();
    this.#controller.abort();
  }
}
