/** A place where work stops until a test lets it go on, so that what happens meanwhile needs no sleeping. */
export class Hold {
  /** Resolves when work has stopped here. */
  readonly reached: Promise<void>;
  readonly #released: Promise<void>;
  #reach!: () => void;
  #release!: () => void;
  #fail!: (error: unknown) => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
    this.#released = new Promise((resolve, reject) => {
      this.#release = resolve;
      this.#fail = reject;
    });
    this.#released.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#reach();
    await this.#released;
  }

  release(): void {
    this.#release();
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}

/** After everything that is ready to run has run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise is settled once everything that can run has run. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  await settled();
  return done;
}
