import type { UNetSession } from '../components/index.js';
import type { NoisePredictor } from './noise-predictor.js';

/**
 * A UNet as a predictor. Its batch may be a multiple of the images': each group of rows sees the same latents, and the
 * prediction holds the groups one after another.
 */
export class UNetPredictor implements NoisePredictor {
  readonly #session: UNetSession;

  constructor(session: UNetSession) {
    this.#session = session;
  }

  async predict(latents: Float32Array, timestep: number): Promise<Float32Array> {
    const { sample } = this.#session;
    for (let start = 0; start < sample.length; start += latents.length) sample.set(latents, start);
    const prediction = await this.#session.predict(timestep);
    // A copy: the network's output is only lent, and schedulers keep predictions.
    return prediction.slice();
  }

  release(): void {
    this.#session.release();
  }
}
