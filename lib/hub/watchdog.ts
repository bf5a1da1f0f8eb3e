/** A signal that follows the caller's, and fires of itself when nothing has happened for a while. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #callers: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number, callers?: AbortSignal) {
    this.#callers = callers;
    callers?.addEventListener('abort', this.#follow, { once: true });
    if (callers?.aborted) this.#follow();
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`nothing came for ${milliseconds / 1000} s`));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something happened. */
  touch(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#callers?.removeEventListener('abort', this.#follow);
    // Lets go of a connection whose answer was not read to its end.
    this.#controller.abort();
  }

  readonly #follow = (): void => {
    this.#controller.abort(this.#callers?.reason);
  };
}
