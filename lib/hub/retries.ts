import { setTimeout as delay } from 'node:timers/promises';

import type { HubError } from '../common/errors.js';

/** Failures in a row, without a byte between them. */
const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MS = 1000;
/** The hub counts requests in windows of five minutes; who must wait longer gets the error at once. */
const MAX_WAIT_MS = 5 * 60_000;

/** A failure that another attempt may not meet. */
export class TransientFailure extends Error {
  /**
   * @param failure - what is thrown when no attempt is left
   * @param waitMs - how long the server asks to wait
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
 * @param progress - how far the work is: an attempt that got further resets the count of failures
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  {
    sleep,
    signal,
    attempts = MAX_ATTEMPTS,
    progress = () => 0,
  }: {
    sleep: Sleep;
    signal?: AbortSignal | undefined;
    attempts?: number | undefined;
    progress?: () => number;
  },
): Promise<T> {
  let failures = 0;
  for (;;) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      failures = progress() > before ? 1 : failures + 1;
      const wait = error.waitMs ?? FIRST_WAIT_MS * 2 ** (failures - 1);
      if (failures >= attempts || wait > MAX_WAIT_MS) throw error.failure;
      await sleep(wait, signal);
    }
  }
}
