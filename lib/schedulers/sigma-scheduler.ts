import { trainingSigmas, type NoiseScheduleConfig } from './noise-schedule.js';
import { interpolateAt } from './numeric.js';
import type { SchedulerDefinition } from './scheduler-config.js';
import { SteppedScheduler } from './stepped-scheduler.js';

/** Base of schedulers whose noise levels are those of training timesteps: Euler, DPM-Solver. */
export abstract class SigmaScheduler<Config extends NoiseScheduleConfig> extends SteppedScheduler<Config> {
  /** σ of the training timesteps, ascending. */
  protected readonly trainingSigmas: Float32Array;

  protected constructor(definition: SchedulerDefinition, config: object) {
    super(definition, config);
    this.trainingSigmas = trainingSigmas(this.config);
  }

  /** σ at timesteps that may be fractions; beyond the table that of its nearest end. */
  protected sigmasAt(timesteps: readonly number[]): number[] {
    return timesteps.map((timestep) => interpolateAt(timestep, this.trainingSigmas));
  }
}
