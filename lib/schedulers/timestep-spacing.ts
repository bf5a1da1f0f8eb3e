import type { TimestepSpacing } from './noise-config.js';
import { arangeDown, linspace, roundHalfEven } from './numeric.js';

/** What the timesteps of a schedule are computed from. */
export interface SpacingConfig {
  numTrainTimesteps: number;
  timestepSpacing: TimestepSpacing;
  stepsOffset: number;
}

/** Timesteps from the noisiest down; for 'linspace' not rounded, as some schedulers step through fractions. */
export function spacedTimesteps(config: SpacingConfig, count: number): number[] {
  const { numTrainTimesteps, timestepSpacing, stepsOffset } = config;
  switch (timestepSpacing) {
    case 'linspace':
      return linspace(0, numTrainTimesteps - 1, count).reverse();
    case 'leading': {
      const ratio = Math.floor(numTrainTimesteps / count);
      return Array.from({ length: count }, (_, i) => (count - 1 - i) * ratio + stepsOffset);
    }
    case 'trailing':
      return trailingTimesteps(numTrainTimesteps, numTrainTimesteps / count);
  }
}

/**
 * From `last` down in steps of `ratio`, each less one to count from 0. For some step counts (499 of 1000, say)
 * rounding in numpy.arange adds an element, −1, which diffusers steps through as well.
 */
export function trailingTimesteps(last: number, ratio: number): number[] {
  return arangeDown(last, ratio).map((timestep) => roundHalfEven(timestep) - 1);
}
