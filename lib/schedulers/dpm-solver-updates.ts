import { weightedSum, type Term } from './weighted-sum.js';

/** A noise level in the terms of the DPM-Solver papers, for samples of unit variance. */
export interface NoiseLevel {
  /** √ᾱ, the scale of the image. */
  alpha: number;
  /** √(1 − ᾱ), the scale of the noise. */
  sigma: number;
  /** λ = log(α / σ), half the logarithm of the signal-to-noise ratio. */
  lambda: number;
}

/**
 * @param sigma - σ / α, as schedules list it, or with flow sigmas σ
 * @param isFlow - whether α = 1 − σ, in place of α² = 1 − σ²
 */
export function noiseLevel(sigma: number, isFlow = false): NoiseLevel {
  if (isFlow) return { alpha: 1 - sigma, sigma, lambda: Math.log(1 - sigma) - Math.log(sigma) };
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) };
}

/**
 * diffusers' `algorithm_type`: the ODE's solvers, and with `sde-` those of the SDE, which add noise.
 *
 * @inline
 */
export type Algorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';

/** The input of a multistep update. */
export interface MultistepUpdate {
  algorithm: Algorithm;
  /** How the second order treats the derivative. */
  solverType: 'midpoint' | 'heun';
  /** x at the newest level. */
  sample: Float32Array;
  /** Converted predictions, newest first; their number is the order of the update. */
  outputs: readonly Float32Array[];
  /** The noise levels of `outputs`, newest first. */
  levels: readonly NoiseLevel[];
  /** The noise level to go to. */
  target: NoiseLevel;
  /** Standard-normal noise, for the SDE algorithms. */
  noise: Float32Array | undefined;
}

/**
 * One update of DPM-Solver (Lu et al., https://arxiv.org/abs/2206.00927: "dpmsolver", which integrates the noise) or
 * DPM-Solver++ (https://arxiv.org/abs/2211.01095: "dpmsolver++", which integrates the image), of order 1 to 3,
 * deterministic or with noise ("sde-").
 *
 * @returns x at the target level
 */
export function multistepUpdate(update: MultistepUpdate): Float32Array {
  const { sample, target, levels, noise } = update;
  const h = target.lambda - levels[0]!.lambda;
  const { sampleWeight, derivativeWeights, noiseWeight } = coefficients(update, h);
  const noiseTerms: Term[] = noise ? [[noiseWeight, noise]] : [];
  return weightedSum([sampleWeight, sample], ...derivativeTerms(update, h, derivativeWeights), ...noiseTerms);
}

/**
 * One update of the singlestep form: from the oldest of the levels, whose `sample` it takes, over the others to the
 * target (https://arxiv.org/abs/2211.01095, algorithm 1 for order 2).
 *
 * @returns x at the target level
 */
export function singlestepUpdate(update: MultistepUpdate): Float32Array {
  const { sample, target, levels, noise } = update;
  const oldest = levels.at(-1)!;
  const h = target.lambda - oldest.lambda;
  const { sampleWeight, derivativeWeights, noiseWeight } = coefficients({ ...update, levels: [oldest] }, h);
  const noiseTerms: Term[] = noise ? [[noiseWeight, noise]] : [];
  return weightedSum([sampleWeight, sample], ...singlestepTerms(update, h, derivativeWeights), ...noiseTerms);
}

interface Coefficients {
  sampleWeight: number;
  /** Weights of the prediction and of its first and second derivative, D0, D1 and D2 in diffusers. */
  derivativeWeights: readonly [number, number, number];
  noiseWeight: number;
}

/** @param h - the step in λ */
function coefficients(
  { algorithm, solverType, outputs, target, levels }: MultistepUpdate,
  h: number,
): Coefficients {
  const { alpha, sigma } = target;
  const from = levels[0]!;
  // The third order has only Heun's form.
  const midpoint = solverType === 'midpoint' && outputs.length < 3;
  switch (algorithm) {
    case 'dpmsolver++': {
      const phi = Math.expm1(-h);
      const first = midpoint ? -0.5 * alpha * phi : alpha * (phi / h + 1);
      return {
        sampleWeight: sigma / from.sigma,
        derivativeWeights: [-alpha * phi, first, -alpha * ((phi + h) / h ** 2 - 0.5)],
        noiseWeight: 0,
      };
    }
    case 'dpmsolver': {
      const phi = Math.expm1(h);
      const first = midpoint ? -0.5 * sigma * phi : -sigma * (phi / h - 1);
      return {
        sampleWeight: alpha / from.alpha,
        derivativeWeights: [-sigma * phi, first, -sigma * ((phi - h) / h ** 2 - 0.5)],
        noiseWeight: 0,
      };
    }
    case 'sde-dpmsolver++': {
      const phi = -Math.expm1(-2 * h);
      const first = midpoint ? 0.5 * alpha * phi : alpha * (phi / (-2 * h) + 1);
      return {
        sampleWeight: (sigma / from.sigma) * Math.exp(-h),
        derivativeWeights: [alpha * phi, first, alpha * ((phi - 2 * h) / (2 * h) ** 2 - 0.5)],
        noiseWeight: sigma * Math.sqrt(phi),
      };
    }
    case 'sde-dpmsolver': {
      const phi = Math.expm1(h);
      const first = midpoint ? -sigma * phi : -2 * sigma * (phi / h - 1);
      return {
        sampleWeight: alpha / from.alpha,
        derivativeWeights: [-2 * sigma * phi, first, 0],
        noiseWeight: sigma * Math.sqrt(Math.expm1(2 * h)),
      };
    }
  }
}

/** The weighted derivatives, expanded into a weight for each prediction. */
function derivativeTerms(
  { outputs, levels }: MultistepUpdate,
  h: number,
  [w0, w1, w2]: Coefficients['derivativeWeights'],
): Term[] {
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
  const weightA = w1 * (1 + r0 / (r0 + r1)) + w2 / (r0 + r1);
  const weightB = -(w1 * r0 + w2) / (r0 + r1);
  return [
    [w0 + weightA / r0, m0!],
    [-weightA / r0 + weightB / r1, m1],
    [-weightB / r1, m2],
  ];
}

/** As `derivativeTerms`, of derivatives at the oldest level. */
function singlestepTerms(
  { outputs, levels, solverType }: MultistepUpdate,
  h: number,
  [w0, w1, w2]: Coefficients['derivativeWeights'],
): Term[] {
  const oldest = levels.at(-1)!;
  const [m0, m1, m2] = outputs;
  if (!m1) return [[w0, m0!]];
  const r0 = (levels[0]!.lambda - oldest.lambda) / h;
  if (!m2) {
    return [
      [w0 - w1 / r0, m1],
      [w1 / r0, m0!],
    ];
  }
  const r1 = (levels[1]!.lambda - oldest.lambda) / h;
  // D1 and D2 are made of a = (m1 − m2) / r1 and b = (m0 − m2) / r0; the midpoint form takes b for D1.
  const isMidpoint = solverType === 'midpoint';
  const weightA = isMidpoint ? 0 : (w1 * r0 - 2 * w2) / (r0 - r1);
  const weightB = isMidpoint ? w1 : (-w1 * r1 + 2 * w2) / (r0 - r1);
  return [
    [w0 - weightA / r1 - weightB / r0, m2],
    [weightA / r1, m1],
    [weightB / r0, m0!],
  ];
}
