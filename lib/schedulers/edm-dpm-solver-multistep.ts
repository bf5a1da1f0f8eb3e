import { z } from 'zod';

import { InvalidArgumentError, ModelLoadError } from '../common/errors.js';
import { multistepUpdate, type NoiseLevel } from './dpm-solver-updates.js';
import { EDMScheduler, edmKeys, type EDMConfig } from './edm-scheduler.js';
import { multistepOrder } from './multistep-order.js';
import { choice, flag, thresholdingKeys, type ThresholdingConfig } from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { threshold } from './thresholding.js';

/** Config of {@link EDMDPMSolverMultistepScheduler}. */
export interface EDMDPMSolverMultistepConfig extends EDMConfig, ThresholdingConfig {
  /**
   * Order of the solver: how many predictions a step uses. 2 is for guided generation, 3 for unguided. Default: 2.
   * diffusers: `solver_order`.
   */
  solverOrder: number;
  /** DPM-Solver++; with 'sde-' noise is added at each step. Default: 'dpmsolver++'. diffusers: `algorithm_type`. */
  algorithmType: 'dpmsolver++' | 'sde-dpmsolver++';
  /** The second-order formula; they differ little. Default: 'midpoint'. diffusers: `solver_type`. */
  solverType: 'midpoint' | 'heun';
  /** Whether to lower the order in the last steps of fewer than 15, for stability. Default: true. diffusers: `lower_order_final`. */
  lowerOrderFinal: boolean;
  /** Whether the last step is of order 1 whatever the number of steps. Default: false. diffusers: `euler_at_final`. */
  eulerAtFinal: boolean;
}

const schema = configSchema<EDMDPMSolverMultistepConfig>({
  ...edmKeys,
  ...thresholdingKeys,
  solverOrder: z.int().min(1).max(3).default(2).describe('integer between 1 and 3'),
  algorithmType: choice(['dpmsolver++', 'sde-dpmsolver++'], 'dpmsolver++'),
  solverType: choice(['midpoint', 'heun'], 'midpoint'),
  lowerOrderFinal: flag(true),
  eulerAtFinal: flag(false),
});

/**
 * DPM-Solver++ (Lu et al., https://arxiv.org/abs/2211.01095), multistep, in the formulation of EDM (Karras et al.,
 * https://arxiv.org/abs/2206.00364) for models with its preconditioning, such as Playground 2.5; diffusers'
 * `EDMDPMSolverMultistepScheduler`. The UNet is conditioned on log(σ) / 4.
 *
 * @example
 * ```ts
 * pipeline.scheduler = EDMDPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 20 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/edm_multistep_dpm_solver
 */
export class EDMDPMSolverMultistepScheduler extends EDMScheduler<EDMDPMSolverMultistepConfig> {
  static readonly definition = {
    className: 'EDMDPMSolverMultistepScheduler',
    schema,
    unsupported: {},
    // What DEIS and UniPC call theirs.
    aliases: {
      algorithmType: { deis: 'dpmsolver++' },
      solverType: { logrho: 'midpoint', bh1: 'midpoint', bh2: 'midpoint' },
    },
  };

  /** Predicted images, newest first. */
  #images: readonly Float32Array[] = [];

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EDMDPMSolverMultistepScheduler.definition, config);
    const { algorithmType, solverOrder } = this.config;
    if (algorithmType === 'sde-dpmsolver++' && solverOrder === 3) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        "algorithmType 'sde-dpmsolver++' has no third order in EDM's formulation",
      );
    }
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const { algorithmType, solverType, solverOrder, thresholding } = this.config;
    const denoised = this.denoised(modelOutput, sample, this.sigmas[index]!);
    const image = thresholding ? threshold(denoised, options.batchSize ?? 1, this.config) : denoised;
    this.#images = [image, ...this.#images].slice(0, solverOrder);
    const noise = algorithmType === 'sde-dpmsolver++' ? this.requireNoise(options) : undefined;
    const order = Math.min(this.#images.length, multistepOrder(this.config, index, this.schedule.length));

    const prevSample = multistepUpdate({
      algorithm: algorithmType,
      solverType,
      sample,
      outputs: this.#images.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => levelOf(this.sigmas[index - back]!)),
      target: levelOf(this.sigmas[index + 1]!),
      noise,
    });
    this.finishStep();
    return { prevSample, predOriginalSample: image };
  }

  /** @throws InvalidArgumentError where the last step is of length 0 and of an order that would divide by it */
  protected override begin(count: number): number[] {
    const { finalSigmasType, sigmaMin, solverType } = this.config;
    const sigmas = this.spacedLevels(count);
    const last = finalSigmasType === 'zero' ? 0 : sigmaMin;
    const order = Math.min(count, multistepOrder(this.config, count - 1, count));
    const divides = order === 3 || (order === 2 && solverType === 'heun');
    if (divides && Math.fround(sigmas.at(-1)!) === Math.fround(last)) {
      throw new InvalidArgumentError(
        `${this.className} cannot end ${count} steps at finalSigmasType 'sigma_min', where its last step starts, at ` +
          "an order above that of solverType 'midpoint', 2: set eulerAtFinal, or finalSigmasType 'zero'",
      );
    }
    this.#images = [];
    return this.startAt(sigmas, last);
  }
}

/** Samples are not scaled to unit variance: α is 1. */
function levelOf(sigma: number): NoiseLevel {
  return { alpha: 1, sigma, lambda: -Math.log(sigma) };
}
