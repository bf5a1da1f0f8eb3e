import type { NoiseConfig } from './noise-schedule.js';
import { weightedSum } from './numeric.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { SigmaScheduler } from './sigma-scheduler.js';
import type { TimestepSpacing } from './timestep-spacing.js';

export interface EulerConfig extends NoiseConfig {
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
  timestepSpacing: TimestepSpacing;
}

/** What Euler's method is with noise added at each step and without: samples as large as their noise. */
export abstract class EulerScheduler<Config extends EulerConfig> extends SigmaScheduler<Config> {
  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.sigmas = Float32Array.from([...this.training, 0]);
  }

  override get initNoiseSigma(): number {
    const largest = this.sigmas.reduce((most, sigma) => Math.max(most, sigma), 0);
    return this.config.timestepSpacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest;
  }

  override scaleModelInput(sample: Float32Array, timestep: number): Float32Array {
    const sigma = this.sigmas[this.stepIndexFor(timestep)]!;
    const scale = Math.sqrt(sigma ** 2 + 1);
    return sample.map((value) => value / scale);
  }

  /** The picture that a prediction implies at a noise level. */
  protected originalSample(output: Float32Array, sample: Float32Array, sigma: number): Float32Array {
    switch (this.config.predictionType) {
      case 'epsilon':
        return weightedSum([1, sample], [-sigma, output]);
      case 'sample':
        return output.slice();
      case 'v_prediction':
        return weightedSum([-sigma / Math.sqrt(sigma ** 2 + 1), output], [1 / (sigma ** 2 + 1), sample]);
    }
  }
}
