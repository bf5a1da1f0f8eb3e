import { InvalidArgumentError, ModelLoadError } from '../common/errors.js';
import { betaQuantile } from './beta-quantile.js';
import { flag } from './noise-config.js';
import { linspace } from './numeric.js';

/** Keys that space noise levels directly, not by timesteps; at most one of them. */
export interface SigmaSpacingConfig {
  /** Whether to space σ as Karras et al. Default: false. diffusers: `use_karras_sigmas`. */
  useKarrasSigmas: boolean;
  /** Whether to space σ evenly in its logarithm. Default: false. diffusers: `use_exponential_sigmas`. */
  useExponentialSigmas: boolean;
  /**
   * Whether to space σ by the beta distribution, denser at both ends (https://arxiv.org/abs/2407.12173). Default:
   * false. diffusers: `use_beta_sigmas`.
   */
  useBetaSigmas: boolean;
}

export const sigmaSpacingKeys = {
  useKarrasSigmas: flag(false),
  useExponentialSigmas: flag(false),
  useBetaSigmas: flag(false),
};

/**
 * @param more - further keys that exclude these
 * @throws ModelLoadError `CONFIG_INVALID` when more than one is set
 */
export function requireOneSigmaSpacing(
  config: SigmaSpacingConfig,
  more: Readonly<Record<string, boolean>> = {},
): void {
  const { useKarrasSigmas, useExponentialSigmas, useBetaSigmas } = config;
  const flags: Record<string, boolean> = { useKarrasSigmas, useExponentialSigmas, useBetaSigmas, ...more };
  if (Object.values(flags).filter(Boolean).length <= 1) return;
  const names = Object.keys(flags);
  throw new ModelLoadError(
    'CONFIG_INVALID',
    `Only one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)!} can be set`,
  );
}

/**
 * For custom timesteps, which such spacing would ignore.
 *
 * @throws InvalidArgumentError when noise levels are spaced directly
 */
export function requireNoSigmaSpacing(config: SigmaSpacingConfig & { useLuLambdas?: boolean }): void {
  const keys = ['useKarrasSigmas', 'useExponentialSigmas', 'useBetaSigmas', 'useLuLambdas'] as const;
  const set = keys.find((key) => config[key]);
  if (!set) return;
  throw new InvalidArgumentError(`timesteps cannot be given with ${set}, which computes them from sigmas`);
}

/**
 * Noise levels as a config spaces them, from the largest down; undefined where it leaves it to timesteps.
 *
 * @param config - whole: `sigmaMin` and `sigmaMax`, which are keys of few classes, are the ends in every class whose config
 * holds them, as in diffusers
 * @param least - the end in other configs
 * @param most - the end in other configs
 */
export function spacedSigmas(
  config: SigmaSpacingConfig & { sigmaMin?: unknown; sigmaMax?: unknown },
  least: number,
  most: number,
  count: number,
): number[] | undefined {
  const min = isPositive(config.sigmaMin) ? config.sigmaMin : least;
  const max = isPositive(config.sigmaMax) ? config.sigmaMax : most;
  if (config.useKarrasSigmas) return karrasSigmas(min, max, count);
  if (config.useExponentialSigmas) return exponentialSigmas(min, max, count);
  return config.useBetaSigmas ? betaSigmas(min, max, count) : undefined;
}

/** Keys of another class are not checked by this one's schema. */
const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** Noise levels spaced as in EDM (https://arxiv.org/abs/2206.00364, equation 5), from `max` down. */
export function karrasSigmas(min: number, max: number, count: number, rho = 7): number[] {
  const [low, high] = [min ** (1 / rho), max ** (1 / rho)];
  return linspace(0, 1, count).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** Noise levels spaced evenly in their logarithm, from `max` down. */
export function exponentialSigmas(min: number, max: number, count: number): number[] {
  return linspace(Math.log(max), Math.log(min), count).map(Math.exp);
}

/** Noise levels at the quantiles of the beta distribution of 0.6 and 0.6, from `max` down. */
export function betaSigmas(min: number, max: number, count: number): number[] {
  return linspace(0, 1, count).map((ramp) => min + betaQuantile(1 - ramp, 0.6, 0.6) * (max - min));
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
