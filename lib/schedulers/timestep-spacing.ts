import { linspace, roundHalfEven } from './numeric.js';

/** How the steps of inference are spread over those of training (https://arxiv.org/abs/2305.08891, table 2). */
export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

export interface SpacingConfig {
  numTrainTimesteps: number;
  timestepSpacing: TimestepSpacing;
  stepsOffset: number;
}

/** Timesteps from the noisiest down, not rounded for 'linspace': some schedulers step through fractions. */
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

/** From `last` down in steps of `ratio` while above 0, each one less for counting from 0. */
export function trailingTimesteps(last: number, ratio: number): number[] {
  return Array.from({ length: Math.ceil(last / ratio) }, (_, i) => roundHalfEven(last - i * ratio) - 1);
}
