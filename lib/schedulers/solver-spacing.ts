import type { TimestepSpacing } from './noise-config.js';
import { linspace, roundHalfEven } from './numeric.js';
import { trailingTimesteps } from './timestep-spacing.js';

/** What the timesteps of a solver are computed from. */
export interface SolverSpacing {
  numTrainTimesteps: number;
  timestepSpacing: TimestepSpacing;
  stepsOffset: number;
}

/**
 * Timesteps of the fast solvers, from the noisiest down: as other schedulers', but of one more point than there are
 * steps; the last point is dropped.
 *
 * @param last - how many timesteps of training to use
 */
export function solverTimesteps(config: SolverSpacing, count: number, last: number): number[] {
  const { timestepSpacing, numTrainTimesteps, stepsOffset } = config;
  switch (timestepSpacing) {
    case 'linspace':
      return linspace(0, last - 1, count + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, -1);
    case 'leading': {
      const ratio = Math.floor(last / (count + 1));
      return Array.from({ length: count }, (_, i) => (count - i) * ratio + stepsOffset);
    }
    case 'trailing':
      return trailingTimesteps(last, numTrainTimesteps / count);
  }
}
