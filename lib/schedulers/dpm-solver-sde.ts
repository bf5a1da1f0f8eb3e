import { z } from 'zod';

import { BrownianNoise, seedsFromNoise } from './brownian-noise.js';
import { addScaled, eulerStep, sumOfTwo } from './float32.js';
import {
  interleaved,
  kDiffusionKeys,
  KDiffusionScheduler,
  type KDiffusionConfig,
} from './k-diffusion-scheduler.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { sigmaToTimestep, type SigmaSpacingConfig } from './sigma-spacing.js';
import { spacedTimesteps } from './timestep-spacing.js';

/** Config of {@link DPMSolverSDEScheduler}. */
export interface DPMSolverSDEConfig extends KDiffusionConfig {
  /**
   * Seed of the noise, an integer from 0: the same for every generation, whatever its own seed. null: from the
   * generation's seed, each image's from its own (diffusers: a random one). Default: null. diffusers:
   * `noise_sampler_seed`.
   */
  noiseSamplerSeed: number | null;
}

const schema = configSchema<DPMSolverSDEConfig>({
  ...kDiffusionKeys,
  noiseSamplerSeed: z.int().min(0).nullable().default(null).describe('an integer from 0 or null'),
});

const { fround } = Math;

/** −ln σ, the time of the solver, in float32. */
const timeOf = (sigma: number): number => -fround(Math.log(sigma));
const sigmaOf = (time: number): number => fround(Math.exp(-time));

/**
 * DPM-Solver++ as a stochastic differential equation, "DPM++ SDE": the stochastic sampler of EDM (Karras et al.,
 * https://arxiv.org/abs/2206.00364) with the steps of DPM-Solver++ (2S) and the noise of a Brownian tree. From
 * k-diffusion (https://github.com/crowsonkb/k-diffusion); diffusers' `DPMSolverSDEScheduler`, with torchsde's numbers.
 * Of second order: each step but the last calls the UNet twice, the second time at a timestep in the middle, which
 * `timesteps` lists too.
 *
 * @example
 * ```ts
 * // "DPM++ SDE Karras"
 * pipeline.scheduler = DPMSolverSDEScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/dpm_sde
 */
export class DPMSolverSDEScheduler extends KDiffusionScheduler<DPMSolverSDEConfig> {
  static readonly definition = { className: 'DPMSolverSDEScheduler', schema, unsupported: {} };

  override readonly order = 2;
  /** The sample a step starts from, between its two evaluations. */
  #startSample: Float32Array | undefined;
  #noise: BrownianNoise | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DPMSolverSDEScheduler.definition, config);
  }

  override scaleModelInput(sample: Float32Array, timestep: number): Float32Array {
    const { from, middle } = this.#levelsAt(this.stepIndexFor(timestep));
    return this.scaleBy(sample, this.#startSample ? middle : from);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const { from, middle, to } = this.#levelsAt(this.stepIndexFor(timestep));
    const start = this.#startSample;
    const predOriginalSample = this.originalSample(modelOutput, sample, start ? middle : from);
    let prevSample: Float32Array;
    if (to === 0) prevSample = eulerStep(sample, predOriginalSample, from, -from);
    else {
      const noise = (this.#noise ??= this.#brownianNoise(sample, options));
      const target = start ? timeOf(to) : middleTime(from, to);
      prevSample = stochasticStep(start ?? sample, predOriginalSample, timeOf(from), target, noise);
      this.#startSample = start ? undefined : sample;
    }
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  override setBeginIndex(index: number): void {
    super.setBeginIndex(index);
    this.#startSample = undefined;
  }

  protected override begin(count: number): number[] {
    return this.beginAt(spacedTimesteps(this.config, count), count);
  }

  protected override spacingConfig(): SigmaSpacingConfig {
    return this.config.useKarrasSigmas ? this.ownConfig : this.config;
  }

  protected override beginAt(spaced: readonly number[], count: number): number[] {
    const { timesteps, sigmas } = this.scheduleOf(spaced, count);
    this.#startSample = undefined;
    this.#noise = undefined;
    this.setSigmas(interleaved(sigmas), 0);
    const timestepOf = sigmaToTimestep(this.trainingSigmas);
    return timesteps.flatMap((timestep, i) => {
      if (i + 1 === sigmas.length) return [fround(timestep)];
      const middle = Math.exp((Math.log(sigmas[i]!) + Math.log(sigmas[i + 1]!)) / 2);
      return [fround(timestep), fround(timestepOf(middle))];
    });
  }

  /** The levels of the step that an index of `timesteps` belongs to. */
  #levelsAt(index: number): { from: number; middle: number; to: number } {
    const first = this.#startSample ? index - 1 : index;
    const [from, to] = [this.sigmas[first]!, this.sigmas[first + 1]!];
    return { from, to, middle: sigmaOf(middleTime(from, to)) };
  }

  #brownianNoise(sample: Float32Array, options: StepOptions): BrownianNoise {
    const { noiseSamplerSeed } = this.config;
    const seeds =
      noiseSamplerSeed === null
        ? seedsFromNoise(this.requireNoise(options), options.batchSize ?? 1)
        : [noiseSamplerSeed];
    const levels = this.sigmas.filter((sigma) => sigma > 0);
    const max = levels.reduce((most, sigma) => Math.max(most, sigma));
    const min = levels.reduce((least, sigma) => Math.min(least, sigma));
    return new BrownianNoise(min, max, sample.length, seeds);
  }
}

function middleTime(from: number, to: number): number {
  const time = timeOf(from);
  return fround(time + fround(fround(timeOf(to) - time) * 0.5));
}

/** A step of the solver to below the target, and noise up to it. */
function stochasticStep(
  sample: Float32Array,
  original: Float32Array,
  time: number,
  target: number,
  noise: BrownianNoise,
): Float32Array {
  const [from, to] = [sigmaOf(time), sigmaOf(target)];
  const [fromSquared, toSquared] = [fround(from ** 2), fround(to ** 2)];
  const product = fround(toSquared * fround(fromSquared - toSquared));
  const up = Math.min(to, fround(Math.sqrt(fround(product / fromSquared))));
  const down = fround(Math.sqrt(fround(toSquared - fround(up ** 2))));
  const ancestral = timeOf(down);
  const stepped = sumOfTwo(
    [sigmaOf(ancestral) / from, sample],
    [-fround(Math.expm1(fround(time - ancestral))), original],
  );
  return addScaled(stepped, up, noise.between(from, to));
}
