import { rescaleGuidance } from './guidance-rescale.js';
import type { NoisePredictor } from './noise-predictor.js';

/** Guidance rescale of a batch. */
export interface GuidanceRescale {
  /** Above 0, at most 1. */
  readonly rescale: number;
  /** Images in the batch. */
  readonly images: number;
}

/**
 * Classifier-free guidance: away from the unconditional prediction, by `guidanceScale` times the conditional one's
 * difference from it; rounded as torch rounds it.
 *
 * @see https://arxiv.org/abs/2207.12598
 */
export class ClassifierFreeGuidance implements NoisePredictor {
  readonly #predictor: NoisePredictor;
  readonly #scale: number;
  readonly #rescale: GuidanceRescale | undefined;

  /**
   * @param predictor - predicts twice the rows: the unconditional half first
   * @param rescale - how to rescale what guidance gives. Default: not at all
   */
  constructor(predictor: NoisePredictor, guidanceScale: number, rescale?: GuidanceRescale) {
    this.#predictor = predictor;
    this.#scale = Math.fround(guidanceScale);
    this.#rescale = rescale;
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
    if (!this.#rescale) return guided;
    return rescaleGuidance(guided, both.subarray(half), this.#rescale.images, this.#rescale.rescale);
  }

  release(): void {
    this.#predictor.release();
  }
}
