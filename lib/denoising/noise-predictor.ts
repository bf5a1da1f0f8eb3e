/**
 * What the loop asks for at each step: the noise (or velocity, or sample) that a model predicts. Guidance, inpainting
 * channels, ControlNet residuals and DeepCache are predictors around a predictor.
 */
export interface NoisePredictor {
  /**
   * @param latents - as the scheduler scaled them for the model; shape [images, channels, height, width], flattened
   * @param timestep - may be fractional
   * @param index - of the step in the scheduler's timesteps, from 0
   * @returns the prediction for each image; the caller's to keep
   * @throws the signal's reason when the generation is aborted
   */
  predict(latents: Float32Array, timestep: number, index: number): Promise<Float32Array>;
  /** Releases what the predictor holds; called once, when the loop has ended. */
  release(): void;
}
