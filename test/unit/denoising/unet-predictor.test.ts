import { describe, expect, it } from 'vitest';

import type { UNetSession } from '../../../lib/components/index.js';
import { UNetPredictor } from '../../../lib/denoising/index.js';

/** A session whose prediction is its sample plus the timestep, lent until the next one. */
class Session {
  readonly sample: Float32Array;
  readonly seen: number[][] = [];
  released = 0;
  readonly #output: Float32Array;

  constructor(elements: number) {
    this.sample = new Float32Array(elements);
    this.#output = new Float32Array(elements);
  }

  predict(timestep: number): Promise<Float32Array> {
    this.seen.push([...this.sample]);
    this.#output.set(this.sample.map((value) => value + timestep));
    return Promise.resolve(this.#output);
  }

  release(): void {
    this.released++;
    this.#output.fill(NaN);
  }
}

const predictorOver = (session: Session): UNetPredictor =>
  new UNetPredictor(session as unknown as UNetSession);

describe('a UNet as a predictor', () => {
  it.each([
    ['as many rows as latents', 2, [5, 6]],
    ['twice the rows, each half the same latents', 4, [5, 6, 5, 6]],
    ['three times the rows', 6, [5, 6, 5, 6, 5, 6]],
  ])('sees %s', async (_, elements, sample) => {
    const session = new Session(elements);
    await predictorOver(session).predict(Float32Array.of(5, 6), 10);
    expect(session.seen).toEqual([sample]);
  });

  it('predicts for every row, at the timestep', async () => {
    const prediction = await predictorOver(new Session(4)).predict(Float32Array.of(5, 6), 0.5);
    expect([...prediction]).toEqual([5.5, 6.5, 5.5, 6.5]);
  });

  it('returns a prediction that later ones and the end leave as it is', async () => {
    const session = new Session(2);
    const predictor = predictorOver(session);
    const first = await predictor.predict(Float32Array.of(1, 2), 0);
    await predictor.predict(Float32Array.of(3, 4), 0);
    predictor.release();
    expect([...first]).toEqual([1, 2]);
    expect(session.released).toBe(1);
  });
});
