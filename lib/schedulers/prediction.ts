import { differenceOver, sumOfTwo } from './float32.js';

/**
 * What UNets are trained to predict: the noise, the image, or the velocity (https://arxiv.org/abs/2202.00512).
 *
 * @inline
 */
export type AlphaPrediction = 'epsilon' | 'sample' | 'v_prediction';

/**
 * x_0 and ε, into which a prediction divides the sample x_t = √ᾱ · x_0 + √(1 − ᾱ) · ε.
 *
 * @param alpha - ᾱ of the timestep, in float32
 */
export function splitPrediction(
  type: AlphaPrediction,
  output: Float32Array,
  sample: Float32Array,
  alpha: number,
): { original: Float32Array; noise: Float32Array } {
  const rootAlpha = Math.sqrt(alpha);
  const rootBeta = Math.sqrt(Math.fround(1 - alpha));
  switch (type) {
    case 'epsilon':
      return { original: differenceOver(sample, rootBeta, output, rootAlpha), noise: output };
    case 'sample':
      return { original: output.slice(), noise: differenceOver(sample, rootAlpha, output, rootBeta) };
    case 'v_prediction':
      return {
        original: sumOfTwo([rootAlpha, sample], [-rootBeta, output]),
        noise: sumOfTwo([rootAlpha, output], [rootBeta, sample]),
      };
  }
}
