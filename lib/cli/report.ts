import { OpenVINODiffusersError } from '../common/errors.js';

/** What a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Thrown, as an abort's reason, when the user pressed Ctrl-C. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** Says what went wrong, on stderr, and sets the exit code; the process ends once everything is closed. */
export function reportFailure(error: unknown, debug: boolean): void {
  if (error instanceof Interrupted) {
    process.exitCode = INTERRUPTED;
    return;
  }
  process.exitCode = 1;
  if (debug) console.error(error);
  else if (error instanceof OpenVINODiffusersError) console.error(`${error.message}\n(${error.code})`);
  else console.error(error instanceof Error ? error.message : error);
}
