import { checkDpmSolverConfig, dpmSolverSchema, type DPMSolverMultistepConfig } from './dpm-solver-config.js';
import { multistepUpdate } from './dpm-solver-updates.js';
import { multistepOrder } from './multistep-order.js';
import { linspace, roundHalfEven } from './numeric.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { requireNoSigmaSpacing } from './sigma-spacing.js';
import { SolverScheduler, unclippedTimesteps, type SolverSchedule } from './solver-scheduler.js';
import type { TimestepOptions } from './timestep-options.js';

/**
 * DPM-Solver (Lu et al., https://arxiv.org/abs/2206.00927) and DPM-Solver++ (https://arxiv.org/abs/2211.01095),
 * multistep, of order 1 to 3; diffusers' `DPMSolverMultistepScheduler`. By its defaults "DPM++ 2M", good from about 15
 * steps.
 *
 * @example
 * ```ts
 * // "DPM++ 2M Karras"
 * pipeline.scheduler = DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config, {
 *   useKarrasSigmas: true,
 * });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/multistep_dpm_solver
 */
export class DPMSolverMultistepScheduler extends SolverScheduler<DPMSolverMultistepConfig> {
  static readonly definition = {
    className: 'DPMSolverMultistepScheduler',
    schema: dpmSolverSchema,
    unsupported: {},
    timestepOptions: ['timesteps', 'mu'] as const,
    // What DEIS and UniPC call theirs.
    aliases: {
      algorithmType: { deis: 'dpmsolver++' },
      solverType: { logrho: 'midpoint', bh1: 'midpoint', bh2: 'midpoint' },
    },
  };

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DPMSolverMultistepScheduler.definition, config);
    checkDpmSolverConfig(this.config);
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const { algorithmType, solverType } = this.config;
    this.remember(this.#convert(modelOutput, sample, index, options.batchSize));
    const noise = algorithmType.startsWith('sde') ? this.requireNoise(options) : undefined;
    const order = Math.min(this.outputs.length, multistepOrder(this.config, index, this.schedule.length));

    const prevSample = multistepUpdate({
      algorithm: algorithmType,
      solverType,
      sample,
      outputs: this.outputs.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => this.levelAt(index - back)),
      target: this.levelAt(index + 1),
      noise,
    });
    this.finishStep();
    return { prevSample };
  }

  protected override begin(count: number, options: TimestepOptions): number[] {
    const schedule = this.#luSchedule(count, options) ?? this.solverSchedule(count, options);
    return this.startAt(schedule, this.finalSigma(this.config.finalSigmasType));
  }

  /** As other solvers', but of the cosine schedule timesteps are not rounded but cut off. */
  protected override atSigmas(
    sigmas: readonly number[],
    round: (timestep: number) => number,
  ): SolverSchedule {
    return super.atSigmas(sigmas, this.config.betaSchedule === 'squaredcos_cap_v2' ? Math.trunc : round);
  }

  protected override usableTimesteps(): number {
    return unclippedTimesteps(this.trainingSigmas, this.config.lambdaMinClipped);
  }

  /** Noise levels spaced evenly in λ = −log σ, where the config asks for it. */
  #luSchedule(count: number, { timesteps }: TimestepOptions): SolverSchedule | undefined {
    if (!this.config.useLuLambdas) return undefined;
    if (timesteps) requireNoSigmaSpacing(this.ownConfig);
    const logs = this.trainingSigmas.map(Math.log);
    const [least, most] = [logs[0]!, logs.at(-1)!];
    const sigmas = linspace(0, 1, count).map((ramp) => Math.exp(most + ramp * (least - most)));
    return this.atSigmas(sigmas, roundHalfEven);
  }

  /** The prediction in the form the algorithm integrates: the image (++), or the noise. */
  #convert(output: Float32Array, sample: Float32Array, index: number, batchSize = 1): Float32Array {
    const { algorithmType, thresholding } = this.config;
    if (algorithmType.endsWith('++')) return this.imageOf(output, sample, index, batchSize);
    if (!thresholding) return this.noiseOf(output, sample, index, batchSize);
    return this.noiseAround(this.imageOf(output, sample, index, batchSize), sample, index);
  }
}
