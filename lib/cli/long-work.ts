import { setTimeout as delay } from 'node:timers/promises';

import { raceAbort } from '../common/abort.js';
import { createProgress, type Progress } from './progress.js';
import { amountOf, type ProgressState } from './progress-text.js';
import { Interrupted, reportFailure, type EndSignal } from './report.js';

/** How long interrupted work may take to clean up; what OpenVINO compiles meanwhile can last for minutes. */
const GRACE_MS = 1500;

/** What long work ends with. */
export interface WorkResult {
  /** Lines for stdout, e.g. the files that were written. */
  readonly lines: readonly string[];
  /** Lines for stderr. */
  readonly notes?: readonly string[];
  /** What went wrong although there is a result. */
  readonly failure?: Error | undefined;
}

export interface LongWorkOptions {
  readonly quiet?: boolean | undefined;
  /** The state before the first event. */
  readonly first: ProgressState;
  /** Follows 'Stopped while …;', e.g. 'no image was written'. */
  readonly whenStopped: string;
}

/**
 * Runs work that takes a while: shows its progress on stderr, prints its result on stdout. Ctrl-C aborts it through
 * its signal; if it does not end soon, or at a second Ctrl-C, the process exits.
 */
export async function longWork(
  { quiet, first, whenStopped }: LongWorkOptions,
  work: (progress: Progress, signal: AbortSignal) => Promise<WorkResult>,
): Promise<void> {
  const controller = new AbortController();
  const onSignal = (signal: EndSignal): void => {
    const interrupted = new Interrupted(signal, stoppedMessage(progress.state, whenStopped));
    if (controller.signal.aborted) process.exit(interrupted.exitCode);
    controller.abort(interrupted);
  };
  // Before anything is shown: until then a signal would end the process without a word.
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const progress = createProgress(first, { quiet });
  const running = work(progress, controller.signal);
  try {
    const { lines, notes = [], failure } = await raceAbort(running, controller.signal);
    progress.end(failure !== undefined);
    for (const line of lines) console.log(line);
    for (const note of notes) console.error(note);
    if (failure) reportFailure(failure, false);
  } catch (error) {
    progress.end(true);
    if (!(error instanceof Interrupted)) throw error;
    reportFailure(error, false);
    if (!(await endsSoon(running))) process.exit();
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function endsSoon(work: Promise<unknown>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  return Promise.race([ended, delay(GRACE_MS, false, { ref: false })]);
}

function stoppedMessage(state: ProgressState, whenStopped: string): string {
  const amount = amountOf(state);
  const where = amount === undefined ? state.activity : `${state.activity} (${amount})`;
  return `Stopped while ${where}; ${whenStopped}.`;
}
