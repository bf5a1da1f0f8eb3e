import { numberBetween } from '../common/fields.js';
import { ClassifierFreeGuidance } from './classifier-free-guidance.js';
import type { GuidanceInterval } from './guidance-interval.js';
import type { NoisePredictor } from './noise-predictor.js';

/** Options of `generate` that guide the prediction. A kind of guidance has its options, fields and predictor here. */
export interface GuidanceOptions extends GuidanceInterval {
  /** Classifier-free guidance; at 1 or below there is none and the UNet runs at half the batch. Default: the model's, 7.5. */
  guidanceScale?: number | undefined;
  /**
   * Brings the guided prediction towards the deviation of the unguided one, 0 (not at all) to 1, against overexposure
   * at large guidance scales (https://arxiv.org/abs/2305.08891); for models with zero terminal SNR about 0.7.
   * Default: 0.
   */
  guidanceRescale?: number | undefined;
}

/** Their fields. */
export const guidanceFields = {
  guidanceScale: numberBetween(-100, 1000).optional(),
  guidanceRescale: numberBetween(0, 1).optional(),
  guidanceStart: numberBetween(0, 1).optional(),
  guidanceEnd: numberBetween(0, 1).optional(),
};

/** The guidance of one generation, its scale resolved. */
export interface Guidance extends GuidanceOptions {
  readonly guidanceScale: number;
  /** Images in the batch. */
  readonly images: number;
}

/**
 * A predictor of one row for each image around one of two, the unconditional half first.
 *
 * @param rows - predicts both halves
 */
export function withGuidance(
  rows: NoisePredictor,
  { guidanceScale, guidanceRescale = 0, images }: Guidance,
): NoisePredictor {
  const rescale = guidanceRescale > 0 ? { rescale: guidanceRescale, images } : undefined;
  return new ClassifierFreeGuidance(rows, guidanceScale, rescale);
}
