import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { TaskQueue } from '../../../lib/components/index.js';
import { ExclusiveCalls } from '../../../lib/pipelines/exclusive-calls.js';
import { Hold, isSettled, settled } from '../../support/hold.js';

const enough = new Error('enough');
const DISPOSED = { code: 'DISPOSED', message: 'The pipeline was disposed and cannot be used any more.' };

/** A task that a signal ends. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

describe('calls', () => {
  it('run one at a time, in their order', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    const hold = new Hold();
    const log: string[] = [];
    const running = [
      calls.run(async () => {
        log.push('first');
        await hold.stop();
      }),
      calls.run(() => Promise.resolve(log.push('second'))),
    ];
    await settled();
    expect(log).toEqual(['first']);
    hold.release();
    await Promise.all(running);
    expect(log).toEqual(['first', 'second']);
  });

  it('of two pipelines wait for each other where they share a queue, and not where they share none', async () => {
    const [shared, own] = [new TaskQueue(), new TaskQueue()];
    const hold = new Hold();
    const running = new ExclusiveCalls([shared, own]).run(() => hold.stop());
    const waiting = new ExclusiveCalls([shared]).run(() => Promise.resolve('shares'));
    const other = new ExclusiveCalls([new TaskQueue()]).run(() => Promise.resolve('shares none'));
    expect(await other).toBe('shares none');
    expect(await isSettled(waiting)).toBe(false);
    hold.release();
    await running;
    expect(await waiting).toBe('shares');
  });

  it('give their result or their failure', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    expect(await calls.run(() => Promise.resolve(3))).toBe(3);
    await expect(calls.run(() => Promise.reject(enough))).rejects.toBe(enough);
  });

  it('end with the reason of their signal, and leave no listener on it', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    const controller = new AbortController();
    const running = calls.run(untilAborted, controller.signal);
    const waiting = calls.run(() => Promise.resolve(), controller.signal);
    await settled();
    controller.abort(enough);
    await expect(running).rejects.toBe(enough);
    await expect(waiting).rejects.toBe(enough);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(await calls.run(() => Promise.resolve('next'))).toBe('next');
  });

  it('do not start with a signal that is aborted', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    let started = false;
    const call = calls.run(async () => {
      started = true;
      await Promise.resolve();
    }, AbortSignal.abort(enough));
    await expect(call).rejects.toBe(enough);
    expect(started).toBe(false);
  });
});

describe('a call inside a callback', () => {
  it('of a call over the same queues is refused at once', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    const callback = calls.callback(() => calls.run(() => Promise.resolve()));
    await expect(calls.run(() => callback())).rejects.toMatchObject({ code: 'BUSY' });
  });

  it('of another pipeline that shares a queue is refused too', async () => {
    const shared = new TaskQueue();
    const outer = new ExclusiveCalls([shared, new TaskQueue()]);
    const inner = new ExclusiveCalls([new TaskQueue(), shared]);
    const callback = outer.callback(() => inner.run(() => Promise.resolve()));
    await expect(outer.run(() => callback())).rejects.toMatchObject({ code: 'BUSY' });
  });

  it('of a pipeline over other networks runs', async () => {
    const outer = new ExclusiveCalls([new TaskQueue()]);
    const inner = new ExclusiveCalls([new TaskQueue()]);
    const callback = outer.callback(() => inner.run(() => Promise.resolve(5)));
    expect(await outer.run(() => callback())).toBe(5);
  });

  it('after that callback has ended waits for its turn', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    let later: Promise<string> | undefined;
    const hold = new Hold();
    const callback = calls.callback(() => {
      void hold.stop().then(() => {
        later = calls.run(() => Promise.resolve('later'));
      });
    });
    await calls.run(async () => {
      await callback();
      hold.release();
      await settled();
      expect(later).toBeDefined();
      expect(await isSettled(later!)).toBe(false);
    });
    expect(await later).toBe('later');
  });

  it('passes parameters and the answer on, and what is thrown', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    expect(await calls.callback((a: number, b: number) => a + b)(1, 2)).toBe(3);
    const failing = calls.callback(() => {
      throw enough;
    });
    await expect(failing()).rejects.toBe(enough);
  });
});

describe('dispose', () => {
  it('aborts what runs, takes back what waits, and waits for the end', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    const hold = new Hold();
    const running = calls.run(async (signal) => {
      await untilAborted(signal).catch(() => undefined);
      await hold.stop();
      return 'ended';
    });
    const waiting = calls.run(() => Promise.resolve());
    await settled();
    const disposal = calls.dispose();
    await expect(waiting).rejects.toMatchObject(DISPOSED);
    expect(await isSettled(disposal)).toBe(false);
    hold.release();
    await disposal;
    expect(await running).toBe('ended');
  });

  it('refuses later calls', async () => {
    const calls = new ExclusiveCalls([new TaskQueue()]);
    calls.requireOpen();
    await calls.dispose();
    await expect(calls.run(() => Promise.resolve())).rejects.toMatchObject(DISPOSED);
    expect(() => {
      calls.requireOpen();
    }).toThrow(expect.objectContaining(DISPOSED));
  });

  it('of one pipeline leaves the calls of another over the same queue', async () => {
    const queue = new TaskQueue();
    const [first, second] = [new ExclusiveCalls([queue]), new ExclusiveCalls([queue])];
    const hold = new Hold();
    const running = first.run(() => hold.stop().then(() => 'ended'));
    await hold.reached;
    await second.dispose();
    hold.release();
    expect(await running).toBe('ended');
  });
});
