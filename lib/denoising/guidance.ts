import { numberBetween } from '../common/fields.js';
import { ClassifierFreeGuidance } from './classifier-free-guidance.js';
import type { NoisePredictor } from './noise-predictor.js';

/** Options of `generate` that guide the prediction. A kind of guidance has its options, fields and predictor here. */
export interface GuidanceOptions {
  /** Classifier-free guidance; at 1 or below there is none and the UNet runs at half the batch. Default: 7.5. */
  guidanceScale?: number | undefined;
}

/** Their fields. */
export const guidanceFields = {
  guidanceScale: numberBetween(-100, 1000).optional(),
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
export function withGuidance(rows: NoisePredictor, { guidanceScale }: Guidance): NoisePredictor {
  return new ClassifierFreeGuidance(rows, guidanceScale);
}
