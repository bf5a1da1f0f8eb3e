import { describe, expect, it } from 'vitest';

import { runInAll, TaskQueue } from '../../../lib/components/task-queue.js';
import { Hold, isSettled, settled } from '../../support/hold.js';

const enough = new Error('enough');

/** A task that stops at a hold, and notes when it starts and ends. */
function task(log: string[], name: string, hold?: Hold): () => Promise<string> {
  return async () => {
    log.push(`${name} starts`);
    await hold?.stop();
    log.push(`${name} ends`);
    return name;
  };
}

describe('a queue', () => {
  it('runs one task at a time, in the order of the calls', async () => {
    const queue = new TaskQueue();
    const log: string[] = [];
    const hold = new Hold();
    const running = [queue.run(task(log, 'a', hold)), queue.run(task(log, 'b')), queue.run(task(log, 'c'))];
    await settled();
    expect(log).toEqual(['a starts']);
    hold.release();
    expect(await Promise.all(running)).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('goes on after a task that fails', async () => {
    const queue = new TaskQueue();
    const failing = queue.run(() => Promise.reject(enough));
    const next = queue.run(() => Promise.resolve(2));
    await expect(failing).rejects.toBe(enough);
    expect(await next).toBe(2);
  });

  it('goes on after a task that throws before it waits', async () => {
    const queue = new TaskQueue();
    const failing = queue.run(() => {
      throw enough;
    });
    await expect(failing).rejects.toBe(enough);
    expect(await queue.run(() => Promise.resolve(2))).toBe(2);
  });

  it('refuses a task whose signal is aborted already', async () => {
    const log: string[] = [];
    const running = new TaskQueue().run(task(log, 'a'), AbortSignal.abort(enough));
    await expect(running).rejects.toBe(enough);
    expect(log).toEqual([]);
  });

  it('drops a waiting task at once when it is aborted, and keeps the order of the others', async () => {
    const queue = new TaskQueue();
    const log: string[] = [];
    const hold = new Hold();
    const controller = new AbortController();
    const first = queue.run(task(log, 'a', hold));
    const aborted = queue.run(task(log, 'b'), controller.signal);
    const last = queue.run(task(log, 'c'));
    controller.abort(enough);
    await expect(aborted).rejects.toBe(enough);
    expect(log).toEqual(['a starts']);
    hold.release();
    await Promise.all([first, last]);
    expect(log).toEqual(['a starts', 'a ends', 'c starts', 'c ends']);
  });

  it('waits for the end of a running task whose signal aborts, and gives its result', async () => {
    const queue = new TaskQueue();
    const log: string[] = [];
    const hold = new Hold();
    const controller = new AbortController();
    const running = queue.run(task(log, 'a', hold), controller.signal);
    const next = queue.run(task(log, 'b'));
    await hold.reached;
    controller.abort(enough);
    expect(await isSettled(running)).toBe(false);
    expect(log).toEqual(['a starts']);
    hold.release();
    expect(await running).toBe('a');
    expect(await next).toBe('b');
  });
});

describe('several queues', () => {
  it('are entered in one order whatever order they are given in, so that no two tasks wait for each other', async () => {
    const [first, second] = [new TaskQueue(), new TaskQueue()];
    const log: string[] = [];
    const results = await Promise.all([
      runInAll([first, second], task(log, 'a')),
      runInAll([second, first], task(log, 'b')),
      runInAll([first, second], task(log, 'c')),
    ]);
    expect(results).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('are all held while the task runs', async () => {
    const [first, second] = [new TaskQueue(), new TaskQueue()];
    const log: string[] = [];
    const hold = new Hold();
    const both = runInAll([second, first], task(log, 'both', hold));
    await hold.reached;
    const others = [first.run(task(log, 'first')), second.run(task(log, 'second'))];
    await settled();
    expect(log).toEqual(['both starts']);
    hold.release();
    await Promise.all([both, ...others]);
    expect(log.slice(0, 2)).toEqual(['both starts', 'both ends']);
  });

  it('may be named twice, which is once', async () => {
    const queue = new TaskQueue();
    expect(await runInAll([queue, queue], () => Promise.resolve(1))).toBe(1);
  });

  it('let a task go that is aborted while it holds one and waits for another', async () => {
    const [first, second] = [new TaskQueue(), new TaskQueue()];
    const log: string[] = [];
    const hold = new Hold();
    const controller = new AbortController();
    const running = second.run(task(log, 'a', hold));
    const waiting = runInAll([first, second], task(log, 'b'), controller.signal);
    await settled();
    controller.abort(enough);
    await expect(waiting).rejects.toBe(enough);
    expect(await first.run(() => Promise.resolve('free'))).toBe('free');
    hold.release();
    await running;
    expect(log).toEqual(['a starts', 'a ends']);
  });

  it('none of them: the task runs at once', async () => {
    expect(await runInAll([], () => Promise.resolve(3))).toBe(3);
  });
});
