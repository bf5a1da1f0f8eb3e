import { z } from 'zod';

import { choice, flag, noiseKeys, stepsOffset } from './common-config.js';
import { EulerScheduler } from './euler-scheduler.js';
import { weightedSum } from './numeric.js';
import { requireNoise, type StepOptions, type StepOutput } from './scheduler.js';
import { spacedTimesteps } from './timestep-spacing.js';

const schema = z.strictObject({
  ...noiseKeys,
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  timestepSpacing: choice(['linspace', 'leading', 'trailing'], 'linspace'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

/** Configuration of {@link EulerAncestralDiscreteScheduler}. */
export type EulerAncestralDiscreteConfig = z.output<typeof schema>;

/**
 * Euler's method with fresh noise at each step.
 *
 * @see https://github.com/crowsonkb/k-diffusion
 * @see https://huggingface.co/docs/diffusers/api/schedulers/euler_ancestral
 */
export class EulerAncestralDiscreteScheduler extends EulerScheduler<EulerAncestralDiscreteConfig> {
  static readonly definition = { className: 'EulerAncestralDiscreteScheduler', schema, refused: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EulerAncestralDiscreteScheduler.definition, config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const [from, to] = [this.sigmas[index]!, this.sigmas[index + 1]!];
    const predOriginalSample = this.originalSample(modelOutput, sample, from);
    const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
    const down = Math.sqrt(to ** 2 - up ** 2);
    const slope = (down - from) / from;
    const prevSample = weightedSum(
      [1 + slope, sample],
      [-slope, predOriginalSample],
      [up, requireNoise(options, this.className)],
    );
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    const timesteps = spacedTimesteps(this.config, count).map(Math.fround);
    this.startFrom(this.sigmasAt(timesteps), 0);
    return timesteps;
  }
}
