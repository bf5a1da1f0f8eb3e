import { linspace } from './numeric.js';

/** Noise levels spaced as in EDM (https://arxiv.org/abs/2206.00364, equation 5) with ρ = 7, from `max` down. */
export function karrasSigmas(min: number, max: number, count: number): number[] {
  const rho = 7;
  const [low, high] = [min ** (1 / rho), max ** (1 / rho)];
  return linspace(0, 1, count).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** Noise levels spaced evenly in their logarithm, from `max` down. */
export function exponentialSigmas(min: number, max: number, count: number): number[] {
  return linspace(Math.log(max), Math.log(min), count).map(Math.exp);
}

/**
 * The inverse of a table of noise levels: from σ to the training timestep that has it, a fraction.
 *
 * @param sigmas - σ of the training timesteps, ascending
 */
export function sigmaToTimestep(sigmas: Float32Array): (sigma: number) => number {
  const logs = sigmas.map(Math.log);
  return (sigma) => {
    const log = Math.log(Math.max(sigma, 1e-10));
    const floor = Math.max(
      logs.findLastIndex((value) => log >= value),
      0,
    );
    const low = Math.max(Math.min(floor, logs.length - 2), 0);
    const high = Math.min(low + 1, logs.length - 1);
    const span = Math.fround(logs[low]! - logs[high]!);
    const weight = span === 0 ? 0 : Math.min(Math.max((logs[low]! - log) / span, 0), 1);
    return (1 - weight) * low + weight * high;
  };
}
