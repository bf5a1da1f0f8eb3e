import { getEventListeners } from 'node:events';
import { runInNewContext } from 'node:vm';

import { describe, expect, it, vi } from 'vitest';

import { isAbortSignal, linkedController, raceAbort } from '../../../lib/common/abort.js';

const enough = new Error('enough');
const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('isAbortSignal', () => {
  it('accepts signals, also of a class that is not this realm’s', () => {
    class AbortSignal {
      aborted = false;
      addEventListener(): void {
        throw new Error('not reached');
      }
    }
    expect(isAbortSignal(new AbortController().signal)).toBe(true);
    expect(isAbortSignal(new AbortSignal())).toBe(true);
  });

  it.each([
    undefined,
    null,
    'signal',
    {},
    new AbortController(),
    new EventTarget(),
    { aborted: false },
    runInNewContext('({ aborted: 1, addEventListener() {} })') as unknown,
  ])('refuses %s', (value) => {
    expect(isAbortSignal(value)).toBe(false);
  });
});

describe('linkedController', () => {
  it('aborts with the reason of the signal it follows', () => {
    const parent = new AbortController();
    const { signal } = linkedController(parent.signal);
    expect(signal.aborted).toBe(false);
    parent.abort(enough);
    expect(signal.reason).toBe(enough);
  });

  it('is aborted from the start where that signal is', () => {
    const { signal } = linkedController(AbortSignal.abort(enough));
    expect(signal.reason).toBe(enough);
  });

  it('aborts by itself without touching the signal it follows', () => {
    const parent = new AbortController();
    const controller = linkedController(parent.signal);
    controller.abort(enough);
    expect(controller.signal.reason).toBe(enough);
    expect(parent.signal.aborted).toBe(false);
  });

  it('stands alone without a signal', () => {
    const controller = linkedController();
    controller.unlink();
    controller.abort(enough);
    expect(controller.signal.reason).toBe(enough);
  });

  it('leaves nothing on a long-lived signal once unlinked', () => {
    const parent = new AbortController();
    const controllers = Array.from({ length: 8 }, () => linkedController(parent.signal));
    expect(listenersOf(parent.signal)).toBe(8);
    for (const controller of controllers) controller.unlink();
    expect(listenersOf(parent.signal)).toBe(0);
    parent.abort(enough);
    expect(controllers.some(({ signal }) => signal.aborted)).toBe(false);
  });
});

describe('raceAbort', () => {
  it('settles as the promise does, and lets go of the signal', async () => {
    const { signal } = new AbortController();
    expect(await raceAbort(Promise.resolve(3), signal)).toBe(3);
    await expect(raceAbort(Promise.reject(enough), signal)).rejects.toBe(enough);
    expect(await raceAbort(Promise.resolve(4))).toBe(4);
    expect(listenersOf(signal)).toBe(0);
  });

  it.each(['before', 'during'])('rejects with the reason of an abort %s the wait', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort(enough);
    const racing = raceAbort(new Promise(() => undefined), controller.signal);
    controller.abort(enough);
    await expect(racing).rejects.toBe(enough);
  });

  it('keeps quiet about work that fails after it was abandoned', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    let fail!: (reason: Error) => void;
    const promise = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const racing = raceAbort(promise, AbortSignal.abort(enough));
    await expect(racing).rejects.toBe(enough);
    fail(new Error('too late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
