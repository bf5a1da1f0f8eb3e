import { addScaled, divide } from './float32.js';
import type { TimestepSpacing } from './noise-config.js';
import type { NoiseScheduleConfig } from './noise-schedule.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { SigmaScheduler } from './sigma-scheduler.js';

interface EulerConfig {
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
  timestepSpacing: TimestepSpacing;
}

const { fround } = Math;

/**
 * Base of Euler's method and of those that refine it (Heun, KDPM2, LMS, DPM-Solver SDE): samples are not scaled to unit variance but are as
 * large as their noise, and the UNet's input is divided by √(σ² + 1).
 */
export abstract class EulerScheduler<
  Config extends NoiseScheduleConfig & EulerConfig,
> extends SigmaScheduler<Config> {
  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.setSigmas(this.trainingSigmas, 0);
  }

  override get initNoiseSigma(): number {
    const largest = this.sigmas.reduce((most, sigma) => Math.max(most, sigma), 0);
    return this.config.timestepSpacing === 'leading' ? root(largest) : largest;
  }

  override scaleModelInput(sample: Float32Array, timestep: number): Float32Array {
    return this.scaleBy(sample, this.sigmas[this.stepIndexFor(timestep)]!);
  }

  /** A sample of a noise level scaled to unit variance. */
  protected scaleBy(sample: Float32Array, sigma: number): Float32Array {
    return divide(sample, root(sigma));
  }

  /** x_0 that a prediction implies at a noise level. */
  protected originalSample(output: Float32Array, sample: Float32Array, sigma: number): Float32Array {
    switch (this.config.predictionType) {
      case 'epsilon':
        return addScaled(sample, -sigma, output);
      case 'sample':
        return output.slice();
      case 'v_prediction':
        return addScaled(divide(sample, fround(fround(sigma ** 2) + 1)), -sigma / root(sigma), output);
    }
  }
}

/** √(σ² + 1), rounded to float32 as torch does. */
function root(sigma: number): number {
  return fround(Math.sqrt(fround(fround(sigma ** 2) + 1)));
}
