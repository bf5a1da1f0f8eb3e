import { EDMScheduler, edmKeys, type EDMConfig } from './edm-scheduler.js';
import { eulerStep } from './float32.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';

/** Config of {@link EDMEulerScheduler}. */
export type EDMEulerConfig = EDMConfig;

const schema = configSchema<EDMEulerConfig>(edmKeys);

/**
 * Euler's method in the formulation of EDM (Karras et al., https://arxiv.org/abs/2206.00364, algorithm 2 without churn)
 * for models with its preconditioning, such as Playground 2.5; diffusers' `EDMEulerScheduler`. The UNet is conditioned on
 * log(σ) / 4.
 *
 * @example
 * ```ts
 * pipeline.scheduler = new EDMEulerScheduler({ sigmaMax: 80, sigmaData: 0.5 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/edm_euler
 */
export class EDMEulerScheduler extends EDMScheduler<EDMEulerConfig> {
  static readonly definition = { className: 'EDMEulerScheduler', schema, unsupported: {} };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(EDMEulerScheduler.definition, config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    _options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const sigma = this.sigmas[index]!;
    const predOriginalSample = this.denoised(modelOutput, sample, sigma);
    const prevSample = eulerStep(sample, predOriginalSample, sigma, this.sigmas[index + 1]! - sigma);
    this.finishStep();
    return { prevSample, predOriginalSample };
  }

  protected override begin(count: number): number[] {
    const sigmas = this.spacedLevels(count);
    return this.startAt(sigmas, this.config.finalSigmasType === 'zero' ? 0 : sigmas.at(-1)!);
  }
}
