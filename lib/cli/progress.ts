import ora, { type Ora } from 'ora';

import { progressBar, progressLine, type ProgressState } from './progress-text.js';

/** Where the progress of long work is shown. */
export interface Progress {
  /** The last state, for messages about what was interrupted. */
  readonly state: ProgressState;
  update(state: ProgressState): void;
  /** Ends the display; `failed` leaves the last line, marked as such. Work that goes on is not shown. */
  end(failed: boolean): void;
}

/** What progress needs of a stream. */
type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

/** A bar on a terminal, plain lines in a log, nothing if it should be quiet. */
export function createProgress(
  first: ProgressState,
  { quiet = false, output = process.stderr }: { quiet?: boolean | undefined; output?: Output } = {},
): Progress {
  if (quiet) return new SilentProgress(first);
  // A terminal of no width, as containers and `script` may have, would make ora clear lines without end.
  const hasWidth = output.columns === undefined || output.columns > 0;
  return output.isTTY && hasWidth
    ? new BarProgress(first, output as NodeJS.WriteStream)
    : new LogProgress(first, output);
}

class SilentProgress implements Progress {
  state: ProgressState;

  constructor(first: ProgressState) {
    this.state = first;
  }

  update(state: ProgressState): void {
    this.state = state;
  }

  end(): void {
    // Nothing was shown.
  }
}

/** One line of a terminal, updated in place: spinner, bar, text. */
class BarProgress implements Progress {
  state: ProgressState;
  #ended = false;
  readonly #spinner: Ora;

  constructor(first: ProgressState, stream: NodeJS.WriteStream) {
    this.state = first;
    // Enabled also where `CI` is set: that it is a terminal was found before. Input is not touched, so that Ctrl-C stays a
    // signal.
    const options = { text: progressLine(first), stream, discardStdin: false, isEnabled: true };
    this.#spinner = ora(options).start();
  }

  update(state: ProgressState): void {
    if (this.#ended) return;
    this.state = state;
    this.#spinner.text = [progressBar(state), progressLine(state)].filter((part) => part !== '').join(' ');
  }

  end(failed: boolean): void {
    this.#ended = true;
    if (failed) this.#spinner.fail(progressLine(this.state));
    else this.#spinner.stop();
  }
}

/** Bytes arrive many times a second; a log wants a line now and then. */
const LOG_INTERVAL_MS = 5000;

/** A line for each state, as logs of servers and CI want it. */
class LogProgress implements Progress {
  state: ProgressState;
  readonly #output: Output;
  #ended = false;
  #last = '';
  #lastTime = -Infinity;

  constructor(first: ProgressState, output: Output) {
    this.state = first;
    this.#output = output;
    this.#print();
  }

  update(state: ProgressState): void {
    if (this.#ended) return;
    this.state = state;
    const isComplete = state.done === state.total;
    const isDue = performance.now() - this.#lastTime >= LOG_INTERVAL_MS;
    if (state.unit !== 'bytes' || isComplete || isDue) this.#print();
  }

  end(): void {
    this.#ended = true;
  }

  #print(): void {
    const line = progressLine(this.state);
    if (line === this.#last) return;
    this.#last = line;
    this.#lastTime = performance.now();
    this.#output.write(`${line}\n`);
  }
}
