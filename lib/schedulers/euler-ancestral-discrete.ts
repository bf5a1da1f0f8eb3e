import { z } from 'zod';

import { choice, flag, noiseKeys, stepsOffset } from './common-config.js';
import { originalSample } from './euler-discrete.js';
import { trainingSigmas } from './noise-schedule.js';
import { interpolateAt, weightedSum } from './numeric.js';
import { requireNoise, type StepOptions, type StepOutput } from './scheduler.js';
import { SigmaScheduler } from './sigma-scheduler.js';
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
export class EulerAncestralDiscreteScheduler extends SigmaScheduler<EulerAncestralDiscreteConfig> {
  static readonly definition = { className: 'EulerAncestralDiscreteScheduler', schema, refused: {} };

  readonly #training: Float32Array;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EulerAncestralDiscreteScheduler.definition, config);
    this.#training = trainingSigmas(this.config);
    this.sigmas = Float32Array.from([...this.#training, 0]);
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

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const [from, to] = [this.sigmas[index]!, this.sigmas[index + 1]!];
    const predOriginalSample = originalSample(this.config.predictionType, modelOutput, sample, from);
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
    this.startFrom(
      timesteps.map((timestep) => interpolateAt(timestep, this.#training)),
      0,
    );
    return timesteps;
  }
}
