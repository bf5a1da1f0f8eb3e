import { setTimeout as delay } from 'node:timers/promises';

import type { HubError } from '../common/errors.js';

/** In a row, and without a byte between them. */
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 1000;
/** The hub counts requests in windows of five minutes: who is told to wait longer is better told so. */
const LONGEST_WAIT_MS = 5 * 60_000;

/** A failure that may not come again. */
export class TransientFailure extends Error {
  /**
   * @param failure - what is thrown when it does come again
   * @param waitMs - how long the server said to wait
   */
  constructor(
    readonly failure: HubError,
    readonly waitMs?: number,
  ) {
    super(failure.message, { cause: failure });
  }
}

export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** @throws the signal's reason when aborted */
export async function sleepFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Tries again after transient failures, each time waiting twice as long, or as long as the server asks.
 *
 * @param progress - how far the work is; an attempt that got further is not counted
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  {
    sleep,
    signal,
    attempts = ATTEMPTS,
    progress = () => 0,
  }: {
    sleep: Sleep;
    signal?: AbortSignal | undefined;
    attempts?: number | undefined;
    progress?: () => number;
  },
): Promise<T> {
  for (let failures = 0; ;) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      failures = progress() > before ? 1 : failures + 1;
      const wait = error.waitMs ?? FIRST_WAIT_MS * 2 ** (failures - 1);
      if (failures >= attempts || wait > LONGEST_WAIT_MS) throw error.failure;
      await sleep(wait, signal);
    }
  }
}
