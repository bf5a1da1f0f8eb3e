import { constants } from 'node:os';

import { OpenVINODiffusersError } from '../common/errors.js';

/** Signals that ask a program to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** The reason of an abort by a signal: Ctrl-C or a request to terminate. */
export class Interrupted extends Error {
  override name = 'Interrupted';

  /** @param message - what was stopped */
  constructor(
    readonly signal: EndSignal,
    message: string,
  ) {
    super(message);
  }

  /** The exit code shells expect: 130 after Ctrl-C. */
  get exitCode(): number {
    return 128 + constants.signals[this.signal];
  }
}

/** Prints on stderr what went wrong, and sets the exit code; the process ends once everything is closed. */
export function reportFailure(error: unknown, debug: boolean): void {
  if (error instanceof Interrupted) {
    process.exitCode = error.exitCode;
    console.error(error.message);
    return;
  }
  process.exitCode = 1;
  if (debug) console.error(error);
  else if (error instanceof OpenVINODiffusersError) console.error(`${error.message}\n(${error.code})`);
  else console.error(error instanceof Error ? error.message : error);
}
