import type { StepInfo as LoopStep } from '../denoising/index.js';
import type { GeneratedImage } from '../image/index.js';

/** Passed to `onStep` after each step. */
export interface StepInfo extends LoopStep {
  /**
   * The image as far as it is generated: what the scheduler predicts the image to be at this step, or where it predicts
   * none the latents, which are noisier. Decoded by the pipeline's `tinyVae`, or the model's own VAE if it is an
   * AutoencoderTiny; else a linear approximation of the colours, in which each latent is a square of one colour. Either
   * is of the final image's size.
   *
   * @param image - its place in the batch. Default: 0, the first
   * @throws InvalidArgumentError for an image that is not in the batch
   * @throws InferenceError `CANCELLED` when the step's callback has ended
   * @throws DisposedError; the signal's reason
   * @example
   * ```ts
   * await pipeline.generate(prompt, {
   *   onStep: async ({ step, preview }) => (await preview()).toFile(`step-${step}.png`),
   * });
   * ```
   */
  preview: (image?: number) => Promise<GeneratedImage>;
}

/** Called after each step and awaited; 'stop' ends the loop with the latents as they are. */
export type OnStep = (info: StepInfo) => unknown;
