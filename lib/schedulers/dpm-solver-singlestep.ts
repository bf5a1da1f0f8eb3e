import { ModelLoadError } from '../common/errors.js';
import { singlestepUpdate, type Algorithm } from './dpm-solver-updates.js';
import { choice, flag } from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { requireOneSigmaSpacing } from './sigma-spacing.js';
import {
  lambdaMinClipped,
  requireImageForFlow,
  solverKeys,
  varianceType,
  type SolverConfig,
  type VarianceConfig,
} from './solver-config.js';
import { SolverScheduler, unclippedTimesteps } from './solver-scheduler.js';
import type { TimestepOptions } from './timestep-options.js';

/** Config of {@link DPMSolverSinglestepScheduler}. */
export interface DPMSolverSinglestepConfig extends SolverConfig, VarianceConfig {
  /**
   * DPM-Solver, which integrates the noise, or DPM-Solver++, which integrates the image; with 'sde-' noise is added
   * at each step. Default: 'dpmsolver++'. diffusers: `algorithm_type`.
   */
  algorithmType: Exclude<Algorithm, 'sde-dpmsolver'>;
  /** The formula of the second and third order; they differ little. Default: 'midpoint'. diffusers: `solver_type`. */
  solverType: 'midpoint' | 'heun';
  /**
   * Whether the last steps are of lower order. Without it numbers of steps that `solverOrder` does not divide, and a
   * last σ of 0, lower the last steps too. Default: false. diffusers: `lower_order_final`.
   */
  lowerOrderFinal: boolean;
  /**
   * σ after the last step: 0, or the least one of training, which DPM-Solver without ++ needs. Default: 'zero'.
   * diffusers: `final_sigmas_type`.
   */
  finalSigmasType: 'zero' | 'sigma_min';
  /** The least λ to start from; −5.1 for 'squaredcos_cap_v2'. Default: -Infinity. diffusers: `lambda_min_clipped`. */
  lambdaMinClipped: number;
}

const schema = configSchema<DPMSolverSinglestepConfig>({
  ...solverKeys,
  algorithmType: choice(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver++'], 'dpmsolver++'),
  solverType: choice(['midpoint', 'heun'], 'midpoint'),
  lowerOrderFinal: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
  lambdaMinClipped,
  varianceType,
});

/**
 * DPM-Solver (Lu et al., https://arxiv.org/abs/2206.00927) and DPM-Solver++ (https://arxiv.org/abs/2211.01095),
 * singlestep, of order 1 to 3: a step of order n is made of n steps that start from the same sample; diffusers'
 * `DPMSolverSinglestepScheduler`. Each of them is a step of `timesteps`, so a generation takes as many calls of the UNet
 * as the multistep solver's.
 *
 * @example
 * ```ts
 * pipeline.scheduler = DPMSolverSinglestepScheduler.fromConfig(pipeline.scheduler.config, { useKarrasSigmas: true });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/singlestep_dpm_solver
 */
export class DPMSolverSinglestepScheduler extends SolverScheduler<DPMSolverSinglestepConfig> {
  static readonly definition = {
    className: 'DPMSolverSinglestepScheduler',
    schema,
    unsupported: {},
    timestepOptions: ['timesteps', 'mu'] as const,
    // What DEIS and UniPC call theirs.
    aliases: {
      algorithmType: { deis: 'dpmsolver++' },
      solverType: { logrho: 'midpoint', bh1: 'midpoint', bh2: 'midpoint' },
    },
  };

  /** The order of each step. */
  #orders: readonly number[] = [];
  /** What the steps of the current singlestep update start from. */
  #start: Float32Array | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DPMSolverSinglestepScheduler.definition, config);
    const { algorithmType, finalSigmasType, predictionType } = this.config;
    requireOneSigmaSpacing(this.config);
    requireImageForFlow(predictionType, algorithmType !== 'dpmsolver');
    if (algorithmType === 'dpmsolver' && finalSigmasType === 'zero') {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        "algorithmType 'dpmsolver' needs finalSigmasType 'sigma_min'",
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
    const { algorithmType, solverType } = this.config;
    this.remember(this.#convert(modelOutput, sample, index, options.batchSize));
    const noise = algorithmType.startsWith('sde') ? this.requireNoise(options) : undefined;
    // Image-to-image may begin amid an update, of which the earlier predictions are missing.
    const order = Math.min(this.#orders[index]!, this.outputs.length);
    if (order === 1) this.#start = sample;

    const prevSample = singlestepUpdate({
      algorithm: algorithmType,
      solverType,
      sample: this.#start!,
      outputs: this.outputs.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => this.levelAt(index - back)),
      target: this.levelAt(index + 1),
      noise,
    });
    this.finishStep();
    return { prevSample };
  }

  /** @throws InvalidArgumentError for a number of steps that some would have no order for */
  protected override begin(count: number, options: TimestepOptions): number[] {
    const { finalSigmasType } = this.config;
    const schedule = this.solverSchedule(count, options);
    this.#orders = this.#ordersOf(count);
    this.#start = undefined;
    return this.startAt(schedule, this.finalSigma(finalSigmasType));
  }

  protected override usableTimesteps(): number {
    return unclippedTimesteps(this.trainingSigmas, this.config.lambdaMinClipped);
  }

  /** Levels matter only within an update: between two of them a step of length 0 does no harm. */
  protected override repeatsLevel(timesteps: readonly number[]): boolean {
    const sigmas = this.sigmasAt(timesteps);
    if (sigmas[0] === sigmas[1]) return true;
    const orders = this.#ordersOf(timesteps.length);
    return orders.some((order, i) => order > 1 && sigmas[i] === sigmas[i - 1]);
  }

  /** 1, 2, … up to the solver's order, again and again; the last ones lower where the config or the number asks. */
  #ordersOf(count: number): number[] {
    const { solverOrder, lowerOrderFinal, finalSigmasType } = this.config;
    const orders = Array.from({ length: count }, (_, i) => (i % solverOrder) + 1);
    const lowers = lowerOrderFinal || count % solverOrder !== 0 || finalSigmasType === 'zero';
    if (lowers && count % solverOrder === 0) orders[count - 1] = 1;
    if (finalSigmasType === 'zero') orders[count - 1] = 1;
    return orders;
  }

  #convert(output: Float32Array, sample: Float32Array, index: number, batchSize = 1): Float32Array {
    const { algorithmType, thresholding } = this.config;
    if (algorithmType !== 'dpmsolver') return this.imageOf(output, sample, index, batchSize);
    if (!thresholding) return this.noiseOf(output, sample, index, batchSize);
    return this.noiseAround(this.imageOf(output, sample, index, batchSize), sample, index);
  }
}
