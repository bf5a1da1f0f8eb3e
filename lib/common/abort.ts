/** Whether a value is an AbortSignal, by its shape: test runners and Electron have a class of another realm. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    typeof (value as Partial<AbortSignal>).addEventListener === 'function'
  );
}

/** A controller that also aborts, with the same reason, when the signal it follows does. */
export interface LinkedController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Stops following. Call it when the work is over, or a long-lived signal accumulates listeners. */
  unlink(): void;
}

/**
 * A controller for one piece of work, which its own `abort` or the caller's signal ends.
 *
 * Not AbortSignal.any: what it attaches to a long-lived signal (one for the life of a process, say) is not released
 * before that signal itself, so that a server would leak a little with every request.
 *
 * @param parent - the caller's signal, also one of another realm
 */
export function linkedController(parent?: AbortSignal): LinkedController {
  const controller = new AbortController();
  const { signal } = controller;
  const follow = (): void => {
    controller.abort(parent?.reason);
  };
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal,
    abort: (reason) => {
      controller.abort(reason);
    },
    unlink: () => {
      parent?.removeEventListener('abort', follow);
    },
  };
}

/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. The work itself is not
 * stopped, only no longer waited for; if it fails later, nobody is bothered with an unhandled rejection.
 */
export async function raceAbort<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
