import type { NoisePredictor } from './noise-predictor.js';

/**
 * Classifier-free guidance: away from the unconditional prediction, by `guidanceScale` times the conditional one's
 * difference from it; rounded as torch rounds it.
 *
 * @see https://arxiv.org/abs/2207.12598
 */
export class ClassifierFreeGuidance implements NoisePredictor {
  readonly #predictor: NoisePredictor;
  readonly #scale: number;

  /** @param predictor - predicts twice the rows: the unconditional half first */
  constructor(predictor: NoisePredictor, guidanceScale: number) {
    this.#predictor = predictor;
    this.#scale = Math.fround(guidanceScale);
  }

  async predict(latents: Float32Array, timestep: number, index: number): Promise<Float32Array> {
    const both = await this.#predictor.predict(latents, timestep, index);
    const half = both.length / 2;
    const scale = this.#scale;
    const guided = new Float32Array(half);
    for (let i = 0; i < half; i++) {
      const unconditional = both[i]!;
      const difference = Math.fround(both[half + i]! - unconditional);
      guided[i] = unconditional + Math.fround(scale * difference);
    }
    return guided;
  }

  release(): void {
    this.#predictor.release();
  }
}
