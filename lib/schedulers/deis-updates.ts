import type { NoiseLevel } from './dpm-solver-updates.js';
import { weightedSum, type Term } from './weighted-sum.js';

/** The input of an update of DEIS. */
export interface DEISUpdate {
  /** x at the newest of `levels`. */
  sample: Float32Array;
  /** Predictions of the noise, newest first; their number, 1 to 3, is the order of the update. */
  outputs: readonly Float32Array[];
  /** The noise levels of `outputs`, newest first. */
  levels: readonly NoiseLevel[];
  /** The noise level to go to. */
  target: NoiseLevel;
}

/**
 * One update of DEIS (https://arxiv.org/abs/2204.13902, equation 15) in log ρ: x / α moves by the integral over ρ = σ / α
 * of the polynomial through the predictions.
 *
 * @returns x at the target level
 */
export function deisUpdate({ sample, outputs, levels, target }: DEISUpdate): Float32Array {
  const newest = levels[0]!;
  const rhos = levels.map(rhoOf);
  const terms = outputs.map((output, i): Term => {
    const others = rhos.filter((_, k) => k !== i);
    const weight = integral(rhoOf(target), rhos[i]!, others) - integral(rhos[0]!, rhos[i]!, others);
    return [target.alpha * weight, output];
  });
  return weightedSum([target.alpha / newest.alpha, sample], ...terms);
}

const rhoOf = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha;

/**
 * The antiderivative over ρ, at `rho`, of the Lagrange polynomial in log ρ that is 1 at `own` and 0 at `others`, of
 * which there are up to two.
 */
function integral(rho: number, own: number, others: readonly number[]): number {
  const [b, t] = [Math.log(own), Math.log(rho)];
  const [c, d] = others.map((other) => Math.log(other));
  if (c === undefined) return rho;
  if (d === undefined) return (rho * (t - c - 1)) / (b - c);
  const numerator = c * (d - t + 1) - d * t + d + t ** 2 - 2 * t + 2;
  return (rho * numerator) / ((b - c) * (b - d));
}
