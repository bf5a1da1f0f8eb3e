import { describe, expect, it, vi } from 'vitest';

import { guidedTimesteps, IntervalPredictor } from '../../../lib/denoising/index.js';

function guided(interval: object, calls: number, order = 1, firstIndex = 0): number[] {
  const isGuided = guidedTimesteps(interval, { calls, order, firstIndex });
  return Array.from({ length: calls }, (_, i) => firstIndex + i).filter(isGuided);
}

describe('the interval of guidance', () => {
  it.each([
    [{}, 4, [0, 1, 2, 3]],
    [{ guidanceStart: 0.25, guidanceEnd: 0.75 }, 4, [1, 2]],
    // As int(share * steps) in Python.
    [{ guidanceStart: 0.7 }, 10, [7, 8, 9]],
    [{ guidanceEnd: 0.39 }, 10, [0, 1, 2]],
    [{ guidanceEnd: 0.05 }, 10, []],
  ])('%j of %i steps', (interval, calls, expected) => {
    expect(guided(interval, calls)).toEqual(expected);
  });

  it('has all calls of a step of second order, or none; the last step has only one', () => {
    expect(guided({ guidanceEnd: 0.5 }, 7, 2)).toEqual([0, 1, 2, 3]);
    expect(guided({ guidanceStart: 0.5 }, 7, 2)).toEqual([4, 5, 6]);
  });

  it('counts from the first timestep of image-to-image', () => {
    expect(guided({ guidanceEnd: 0.5 }, 4, 1, 6)).toEqual([6, 7]);
  });
});

describe('a predictor for an interval', () => {
  it('binds one predictor at a time, and releases each once', async () => {
    const events: string[] = [];
    const bind = vi.fn((isGuided: boolean) => {
      const name = isGuided ? 'guided' : 'plain';
      events.push(`bind ${name}`);
      return Promise.resolve({
        predict: () => Promise.resolve(Float32Array.of(events.push(name))),
        release: () => void events.push(`release ${name}`),
      });
    });
    const predictor = new IntervalPredictor((index) => index === 1 || index === 2, bind);
    for (const index of [0, 1, 2, 3]) await predictor.predict(new Float32Array(1), 1, index);
    predictor.release();
    predictor.release();
    expect(events).toEqual([
      ...['bind plain', 'plain', 'release plain'],
      ...['bind guided', 'guided', 'guided', 'release guided'],
      ...['bind plain', 'plain', 'release plain'],
    ]);
  });

  it('holds nothing when it cannot bind', async () => {
    const failure = new Error('no');
    const predictor = new IntervalPredictor(
      () => true,
      () => Promise.reject(failure),
    );
    await expect(predictor.predict(new Float32Array(1), 1, 0)).rejects.toBe(failure);
    expect(() => {
      predictor.release();
    }).not.toThrow();
  });
});
