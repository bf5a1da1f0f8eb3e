import { z } from 'zod';

import { InvalidArgumentError, ModelLoadError } from '../common/errors.js';
import { shiftSigma } from './flow-sigmas.js';
import {
  choice,
  flag,
  spacing,
  stepsOffset,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import { linspace, roundHalfEven } from './numeric.js';
import { configSchema } from './scheduler-config.js';
import type { StepOutput, StepOptions } from './scheduler.js';
import { requireNoSigmaSpacing, requireOneSigmaSpacing, spacedSigmas } from './sigma-spacing.js';
import { requireImageForFlow, solverKeys, type SolverConfig } from './solver-config.js';
import { SolverScheduler, type SolverSchedule } from './solver-scheduler.js';
import type { TimestepOptions } from './timestep-options.js';
import { correctorUpdate, predictorUpdate, type UniPCUpdate } from './uni-pc-updates.js';

/** Config of {@link UniPCMultistepScheduler}. */
export interface UniPCMultistepConfig extends SolverConfig, ZeroSnrConfig {
  /** Whether to integrate the predicted image, else the noise. Default: true. diffusers: `predict_x0`. */
  predictX0: boolean;
  /** The function B(h): 'bh1' for unguided generation in few steps, else 'bh2'. Default: 'bh2'. diffusers: `solver_type`. */
  solverType: 'bh1' | 'bh2';
  /** Whether to lower the order in the last steps, for stability. Default: true. diffusers: `lower_order_final`. */
  lowerOrderFinal: boolean;
  /**
   * Steps, from 0, after which the corrector is not used; the first ones where a large guidance scale is unstable.
   * Default: []. diffusers: `disable_corrector`.
   */
  disableCorrector: readonly number[];
  /** Another scheduler as the predictor, which this package does not support. Default: null. diffusers: `solver_p`. */
  solverP: null;
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
  /** σ after the last step: 0, or the least one. Default: 'zero'. diffusers: `final_sigmas_type`. */
  finalSigmasType: 'zero' | 'sigma_min';
  /** The least σ of Karras, exponential or beta spacing; null for the schedule's own. Default: null. diffusers: `sigma_min`. */
  sigmaMin: number | null;
  /** The largest σ of such spacing; null for the schedule's own. Default: null. diffusers: `sigma_max`. */
  sigmaMax: number | null;
  /** The last flow sigma to stretch them to; null for as they are. Default: null. diffusers: `shift_terminal`. */
  shiftTerminal: number | null;
}

const positiveOrNull = z.number().positive().nullable().default(null).describe('a positive number or null');

const schema = configSchema<UniPCMultistepConfig>({
  ...solverKeys,
  solverOrder: z.int().min(1).max(10).default(2).describe('integer between 1 and 10'),
  predictX0: flag(true),
  solverType: choice(['bh1', 'bh2'], 'bh2'),
  lowerOrderFinal: flag(true),
  disableCorrector: z.array(z.int().min(0)).max(100_000).default([]).describe('a list of integers from 0'),
  solverP: z.null().default(null).describe('null'),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
  rescaleBetasZeroSnr: flag(false),
  sigmaMin: positiveOrNull,
  sigmaMax: positiveOrNull,
  shiftTerminal: z
    .number()
    .min(0)
    .max(0.999)
    .nullable()
    .default(null)
    .describe('a number from 0 to 0.999 or null'),
});

/** Distance of the first flow sigma from 1, where log(1 − σ) would be infinite. */
const FLOW_EPSILON = 1e-6;

/**
 * UniPC (Zhao et al., https://arxiv.org/abs/2302.04867): a multistep predictor and a corrector that reuses the next
 * prediction, good from about 10 steps; diffusers' `UniPCMultistepScheduler`.
 *
 * @example
 * ```ts
 * pipeline.scheduler = UniPCMultistepScheduler.fromConfig(pipeline.scheduler.config);
 * await pipeline.generate('a lighthouse', { numInferenceSteps: 12 });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/schedulers/unipc
 */
export class UniPCMultistepScheduler extends SolverScheduler<UniPCMultistepConfig> {
  static readonly definition = {
    className: 'UniPCMultistepScheduler',
    schema,
    unsupported: {
      /** Whether a value asks for another predictor. */
      solverP: (value: unknown) => value !== null,
    },
    timestepOptions: ['sigmas', 'mu'] as const,
    // What DPM-Solver and DEIS call theirs.
    aliases: { solverType: { midpoint: 'bh2', heun: 'bh2', logrho: 'bh2' } },
  };

  /** The corrected sample of the last step, and the order of its update. */
  #last: { sample: Float32Array; order: number } | undefined;

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(UniPCMultistepScheduler.definition, config);
    requireOneSigmaSpacing(this.config);
    requireImageForFlow(this.config.predictionType, this.config.predictX0);
    if (this.config.shiftTerminal !== null && !this.config.useFlowSigmas) {
      throw new ModelLoadError('CONFIG_INVALID', 'shiftTerminal needs useFlowSigmas');
    }
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const { predictX0, solverOrder, lowerOrderFinal, disableCorrector } = this.config;
    const converted = predictX0
      ? this.imageOf(modelOutput, sample, index, options.batchSize)
      : this.noiseOf(modelOutput, sample, index, options.batchSize);
    const last = disableCorrector.includes(index - 1) ? undefined : this.#last;
    const corrected = last
      ? correctorUpdate(this.#update(last.sample, index - 1, last.order), converted)
      : sample;

    this.remember(converted);
    const stepsLeft = this.schedule.length - index;
    const order = Math.min(lowerOrderFinal ? stepsLeft : solverOrder, solverOrder, this.outputs.length);
    this.#last = { sample: corrected, order };
    const prevSample = predictorUpdate(this.#update(corrected, index, order));
    this.finishStep();
    return { prevSample };
  }

  protected override begin(count: number, options: TimestepOptions): number[] {
    const { finalSigmasType, lowerOrderFinal, solverOrder } = this.config;
    if (finalSigmasType === 'zero' && !lowerOrderFinal && solverOrder > 1 && count > 1) {
      throw new InvalidArgumentError(
        `${this.className} cannot step to finalSigmasType 'zero' at order ${solverOrder}: set lowerOrderFinal`,
      );
    }
    this.#last = undefined;
    const spaced = this.#spacedSchedule(count, options);
    if (!spaced) return this.startAt(this.solverSchedule(count, {}), this.finalSigma(finalSigmasType));
    return this.startAt(spaced, finalSigmasType === 'zero' ? 0 : spaced.sigmas.at(-1)!);
  }

  /** The schedule where σ is spaced directly; undefined where timesteps are. */
  #spacedSchedule(count: number, { sigmas: given, mu }: TimestepOptions): SolverSchedule | undefined {
    const { useFlowSigmas, useKarrasSigmas, useDynamicShifting } = this.config;
    if (useDynamicShifting && mu === undefined) {
      throw new InvalidArgumentError(`${this.className} with useDynamicShifting needs mu`);
    }
    if (given && !useFlowSigmas) {
      throw new InvalidArgumentError(
        `${this.className} takes sigmas with useFlowSigmas only, as in diffusers`,
      );
    }
    if (given) requireNoSigmaSpacing(this.ownConfig);
    const spaced = spacedSigmas(this.config, this.trainingSigmas[0]!, this.trainingSigmas.at(-1)!, count);
    if (spaced && useKarrasSigmas && useFlowSigmas) {
      return this.atFlowSigmas(spaced.map((sigma) => sigma / (sigma + 1)));
    }
    if (spaced) return this.atSigmas(spaced, useKarrasSigmas ? roundHalfEven : Math.trunc);
    return useFlowSigmas ? this.#flowSchedule(count, given, mu) : undefined;
  }

  #flowSchedule(count: number, given: readonly number[] | undefined, mu: number | undefined): SolverSchedule {
    const { numTrainTimesteps, shiftTerminal } = this.config;
    const spaced = given ?? linspace(1, 1 / numTrainTimesteps, count + 1).slice(0, -1);
    const shift = this.flowShift(mu);
    let sigmas = spaced.map((sigma) => shiftSigma(sigma, shift));
    if (shiftTerminal) {
      const scale = (1 - sigmas.at(-1)!) / (1 - shiftTerminal);
      sigmas = sigmas.map((sigma) => 1 - (1 - sigma) / scale);
    }
    if (Math.abs(sigmas[0]! - 1) < FLOW_EPSILON) sigmas[0]! -= FLOW_EPSILON;
    return this.atFlowSigmas(sigmas);
  }

  /** An update from the step `index`, whose prediction is the newest. */
  #update(sample: Float32Array, index: number, order: number): UniPCUpdate {
    return {
      predictX0: this.config.predictX0,
      solverType: this.config.solverType,
      sample,
      outputs: this.outputs.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => this.levelAt(index - back)),
      target: this.levelAt(index + 1),
    };
  }
}
