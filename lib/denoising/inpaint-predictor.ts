import type { NoisePredictor } from './noise-predictor.js';

/**
 * For UNets trained to inpaint: gives them, beside an image's latents, its mask and the latents of what the mask leaves
 * of it, which are not noised.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/inpaint
 */
export class InpaintPredictor implements NoisePredictor {
  readonly #predictor: NoisePredictor;
  readonly #images: number;
  readonly #mask: Float32Array;
  readonly #maskedImage: Float32Array;

  /**
   * @param predictor - takes latents, mask and masked image as channels, in this order
   * @param mask - shape [images, 1, height, width]; 1 where it is repainted
   * @param maskedImage - shape [images, channels, height, width]
   */
  constructor(predictor: NoisePredictor, images: number, mask: Float32Array, maskedImage: Float32Array) {
    this.#predictor = predictor;
    this.#images = images;
    this.#mask = mask;
    this.#maskedImage = maskedImage;
  }

  async predict(latents: Float32Array, timestep: number, index: number): Promise<Float32Array> {
    const parts = [latents, this.#mask, this.#maskedImage];
    const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (let image = 0; image < this.#images; image++) {
      for (const part of parts) {
        const each = part.length / this.#images;
        all.set(part.subarray(image * each, (image + 1) * each), offset);
        offset += each;
      }
    }
    return this.#predictor.predict(all, timestep, index);
  }

  release(): void {
    this.#predictor.release();
  }
}
