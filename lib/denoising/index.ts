export { denoise, type Denoised, type DenoiseOptions, type StepInfo, type OnStep } from './denoise.js';
export { guidanceScaleEmbedding } from './guidance-embedding.js';
export {
  guidedTimesteps,
  IntervalPredictor,
  isPartial,
  requireInterval,
  type GuidanceInterval,
} from './guidance-interval.js';
export { guidanceFields, withGuidance, type Guidance, type GuidanceOptions } from './guidance.js';
export { InpaintPredictor } from './inpaint-predictor.js';
export { isLatents, type Latents } from './latents.js';
export type { NoisePredictor } from './noise-predictor.js';
export { noiseSource, requireOneNoiseSource, type NoiseOptions, type NoiseSource } from './noise.js';
export { UNetPredictor } from './unet-predictor.js';
