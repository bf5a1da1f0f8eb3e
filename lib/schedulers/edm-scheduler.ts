import { z } from 'zod';

import { multiply, sumOfTwo } from './float32.js';
import { choice } from './noise-config.js';
import { linspaceF32 } from './numeric.js';
import { karrasSigmas } from './sigma-spacing.js';
import { SteppedScheduler } from './stepped-scheduler.js';

/** Config of the schedulers for models in EDM's formulation. */
export interface EDMConfig {
  /** The least σ, above 0. Default: 0.002. diffusers: `sigma_min`. */
  sigmaMin: number;
  /** The largest σ, above 0. Default: 80. diffusers: `sigma_max`. */
  sigmaMax: number;
  /** Standard deviation of the training data, above 0. Default: 0.5. diffusers: `sigma_data`. */
  sigmaData: number;
  /** Spacing of σ: as Karras et al., or evenly in its logarithm. Default: 'karras'. diffusers: `sigma_schedule`. */
  sigmaSchedule: 'karras' | 'exponential';
  /** Timesteps of training, 1 to 100000. Default: 1000. diffusers: `num_train_timesteps`. */
  numTrainTimesteps: number;
  /** What the UNet predicts: EDM's F, or its negative. Default: 'epsilon'. diffusers: `prediction_type`. */
  predictionType: 'epsilon' | 'v_prediction';
  /** The exponent of Karras spacing, above 0. Default: 7. diffusers: `rho`. */
  rho: number;
  /** σ after the last step: 0, or the least one. Default: 'zero'. diffusers: `final_sigmas_type`. */
  finalSigmasType: 'zero' | 'sigma_min';
}

const positive = (value: number) => z.number().positive().default(value).describe('a positive number');

export const edmKeys = {
  sigmaMin: positive(0.002),
  sigmaMax: positive(80),
  sigmaData: positive(0.5),
  sigmaSchedule: choice(['karras', 'exponential'], 'karras'),
  numTrainTimesteps: z.int().min(1).max(100_000).default(1000).describe('integer between 1 and 100000'),
  predictionType: choice(['epsilon', 'v_prediction'], 'epsilon'),
  rho: positive(7),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
};

const { fround } = Math;

/**
 * Base of the schedulers for models in EDM's formulation (Karras et al., https://arxiv.org/abs/2206.00364): its
 * preconditioning and its noise levels; the UNet is conditioned on log(σ) / 4.
 */
export abstract class EDMScheduler<Config extends EDMConfig> extends SteppedScheduler<Config> {
  override get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax ** 2 + 1);
  }

  override scaleModelInput(sample: Float32Array, timestep: number): Float32Array {
    const sigma = this.sigmas[this.stepIndexFor(timestep)]!;
    return multiply(sample, 1 / this.#deviation(sigma));
  }

  /** The noise levels of so many steps as the config spaces them, from the largest down. */
  protected spacedLevels(count: number): number[] {
    const { sigmaMin, sigmaMax, sigmaSchedule, rho } = this.config;
    return sigmaSchedule === 'karras'
      ? karrasSigmas(sigmaMin, sigmaMax, count, rho)
      : Array.from(linspaceF32(Math.log(sigmaMin), Math.log(sigmaMax), count), Math.exp).reverse();
  }

  /** Sets the noise levels of a new generation; returns its timesteps. */
  protected startAt(sigmas: readonly number[], last: number): number[] {
    this.setSigmas(sigmas, last);
    return sigmas.map((sigma) => fround(0.25 * fround(Math.log(fround(sigma)))));
  }

  /** x_0 that a prediction implies at a noise level. Table 1 of the paper, the row of EDM: c_skip and c_out. */
  protected denoised(output: Float32Array, sample: Float32Array, sigma: number): Float32Array {
    const { sigmaData, predictionType } = this.config;
    const skip = fround(sigmaData ** 2) / fround(fround(sigma ** 2) + fround(sigmaData ** 2));
    const out = fround(sigma * sigmaData) / this.#deviation(sigma);
    return sumOfTwo([skip, sample], [predictionType === 'epsilon' ? out : -out, output]);
  }

  /** √(σ² + σ_data²), the standard deviation of a noised sample. */
  #deviation(sigma: number): number {
    return fround(Math.sqrt(fround(fround(sigma ** 2) + fround(this.config.sigmaData ** 2))));
  }
}
