import { weightedSum } from './numeric.js';

/** A noise level in the terms of the DPM-Solver papers. */
export interface Level {
  alpha: number;
  sigma: number;
  /** log(α / σ), half the logarithm of the signal-to-noise ratio. */
  lambda: number;
}

export function level(sigma: number): Level {
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) };
}

export type Algorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';

/** What an update is made from. */
export interface Update {
  algorithm: Algorithm;
  solverType: 'midpoint' | 'heun';
  sample: Float32Array;
  /** Converted predictions, newest first; as many as the update's order. */
  outputs: readonly Float32Array[];
  /** The level to go to, then those of the predictions, newest first. */
  target: Level;
  levels: readonly Level[];
  noise: Float32Array | undefined;
}

/**
 * One update of DPM-Solver (https://arxiv.org/abs/2206.00927, "dpmsolver", which integrates noise) or DPM-Solver++
 * (https://arxiv.org/abs/2211.01095, which integrates the picture), of order 1 to 3, deterministic or with noise.
 */
export function solve(update: Update): Float32Array {
  const { sample, target, levels, noise } = update;
  const h = target.lambda - levels[0]!.lambda;
  const { keep, weights, spread } = coefficients(update, h);
  const terms = derivativeTerms(update, h, weights);
  return weightedSum([keep, sample], ...terms, ...(noise ? [[spread, noise] as const] : []));
}

interface Coefficients {
  /** Weight of the sample. */
  keep: number;
  /** Weights of the prediction and of its first and second differences. */
  weights: readonly [number, number, number];
  /** Weight of the noise. */
  spread: number;
}

function coefficients({ algorithm, solverType, outputs, target, levels }: Update, h: number): Coefficients {
  const { alpha, sigma } = target;
  const from = levels[0]!;
  // With three predictions there is only Heun's form.
  const midpoint = solverType === 'midpoint' && outputs.length < 3;
  switch (algorithm) {
    case 'dpmsolver++': {
      const phi = Math.expm1(-h);
      const first = midpoint ? -0.5 * alpha * phi : alpha * (phi / h + 1);
      return {
        keep: sigma / from.sigma,
        weights: [-alpha * phi, first, -alpha * ((phi + h) / h ** 2 - 0.5)],
        spread: 0,
      };
    }
    case 'dpmsolver': {
      const phi = Math.expm1(h);
      const first = midpoint ? -0.5 * sigma * phi : -sigma * (phi / h - 1);
      return {
        keep: alpha / from.alpha,
        weights: [-sigma * phi, first, -sigma * ((phi - h) / h ** 2 - 0.5)],
        spread: 0,
      };
    }
    case 'sde-dpmsolver++': {
      const phi = -Math.expm1(-2 * h);
      const first = midpoint ? 0.5 * alpha * phi : alpha * (phi / (-2 * h) + 1);
      return {
        keep: (sigma / from.sigma) * Math.exp(-h),
        weights: [alpha * phi, first, alpha * ((phi - 2 * h) / (2 * h) ** 2 - 0.5)],
        spread: sigma * Math.sqrt(phi),
      };
    }
    case 'sde-dpmsolver': {
      const phi = Math.expm1(h);
      const first = midpoint ? -sigma * phi : -2 * sigma * (phi / h - 1);
      return {
        keep: alpha / from.alpha,
        weights: [-2 * sigma * phi, first, 0],
        spread: sigma * Math.sqrt(Math.expm1(2 * h)),
      };
    }
  }
}

/** The weighted prediction and its differences, written out over the predictions themselves. */
function derivativeTerms(
  { outputs, levels }: Update,
  h: number,
  [w0, w1, w2]: Coefficients['weights'],
): (readonly [number, Float32Array])[] {
  const [m0, m1, m2] = outputs;
  if (!m1) return [[w0, m0!]];
  const r0 = (levels[0]!.lambda - levels[1]!.lambda) / h;
  if (!m2) {
    return [
      [w0 + w1 / r0, m0!],
      [-w1 / r0, m1],
    ];
  }
  const r1 = (levels[1]!.lambda - levels[2]!.lambda) / h;
  // D1 = a + r0 / (r0 + r1) · (a − b) and D2 = (a − b) / (r0 + r1), where a = (m0 − m1) / r0 and b = (m1 − m2) / r1.
  const ofA = w1 * (1 + r0 / (r0 + r1)) + w2 / (r0 + r1);
  const ofB = -(w1 * r0 + w2) / (r0 + r1);
  return [
    [w0 + ofA / r0, m0!],
    [-ofA / r0 + ofB / r1, m1],
    [-ofB / r1, m2],
  ];
}
