import { deisUpdate } from './deis-updates.js';
import { choice, flag, spacing, stepsOffset, type TimestepSpacing } from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { requireOneSigmaSpacing } from './sigma-spacing.js';
import { solverKeys, type SolverConfig } from './solver-config.js';
import { SolverScheduler } from './solver-scheduler.js';
import type { TimestepOptions } from './timestep-options.js';

/** Config of {@link DEISMultistepScheduler}. */
export interface DEISMultistepConfig extends SolverConfig {
  /** The algorithm. Default: 'deis', the only one. diffusers: `algorithm_type`. */
  algorithmType: 'deis';
  /** What is extrapolated over: log ρ. Default: 'logrho', the only one. diffusers: `solver_type`. */
  solverType: 'logrho';
  /** Whether to lower the order in the last steps of fewer than 15, for stability. Default: true. diffusers: `lower_order_final`. */
  lowerOrderFinal: boolean;
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

const schema = configSchema<DEISMultistepConfig>({
  ...solverKeys,
  algorithmType: choice(['deis'], 'deis'),
  solverType: choice(['logrho'], 'logrho'),
  lowerOrderFinal: flag(true),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
});

/** With fewer steps than these, `lowerOrderFinal` lowers the order of the last ones. */
const LOWER_ORDER_FINAL_LIMIT = 15;

/**
 * Diffusion exponential integrator sampler (Zhang & Chen, https://arxiv.org/abs/2204.13902), multistep, of order 1 to
 * 3: predictions of the noise are extrapolated over the logarithm of ρ = σ / α; diffusers' `DEISMultistepScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = DEISMultistepScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 20 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/deis
 */
export class DEISMultistepScheduler extends SolverScheduler<DEISMultistepConfig> {
  static readonly definition = {
    className: 'DEISMultistepScheduler',
    schema,
    unsupported: {},
    timestepOptions: ['mu'] as const,
    // What DPM-Solver and UniPC call theirs.
    aliases: {
      algorithmType: { dpmsolver: 'deis', 'dpmsolver++': 'deis' },
      solverType: { midpoint: 'logrho', heun: 'logrho', bh1: 'logrho', bh2: 'logrho' },
    },
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DEISMultistepScheduler.definition, config);
    requireOneSigmaSpacing(this.config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const image = this.imageOf(modelOutput, sample, index, options.batchSize);
    this.remember(this.noiseAround(image, sample, index));
    const order = Math.min(this.outputs.length, this.#maxOrder(index));
    const prevSample = deisUpdate({
      sample,
      outputs: this.outputs.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => this.levelAt(index - back)),
      target: this.levelAt(index + 1),
    });
    this.finishStep();
    return { prevSample };
  }

  /** The noise level after the last step is the last one's again where σ is spaced directly, as in diffusers. */
  protected override begin(count: number, options: TimestepOptions): number[] {
    const { useKarrasSigmas, useExponentialSigmas, useBetaSigmas, useFlowSigmas } = this.config;
    const schedule = this.solverSchedule(count, options);
    const isSpaced = useKarrasSigmas || useExponentialSigmas || useBetaSigmas || useFlowSigmas;
    return this.startAt(schedule, isSpaced ? schedule.sigmas.at(-1)! : this.trainingSigmas[0]!);
  }

  #maxOrder(index: number): number {
    const lowers = this.config.lowerOrderFinal && this.schedule.length < LOWER_ORDER_FINAL_LIMIT;
    return lowers ? Math.min(this.schedule.length - index, 3) : 3;
  }
}
