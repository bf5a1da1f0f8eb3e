import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import { choice, flag, noiseKeys, stepsOffset, thresholdingKeys } from './common-config.js';
import { level, solve } from './dpm-solver-updates.js';
import { linspace, roundHalfEven, weightedSum } from './numeric.js';
import { requireNoise, type StepOptions, type StepOutput } from './scheduler.js';
import { SigmaScheduler } from './sigma-scheduler.js';
import { exponentialSigmas, karrasSigmas, sigmaToTimestep } from './sigma-spacing.js';
import { threshold } from './thresholding.js';
import { trailingTimesteps } from './timestep-spacing.js';

const schema = z.strictObject({
  ...noiseKeys,
  solverOrder: z.int().min(1).max(3).default(2).describe('integer between 1 and 3'),
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  ...thresholdingKeys,
  algorithmType: choice(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++'], 'dpmsolver++'),
  solverType: choice(['midpoint', 'heun'], 'midpoint'),
  lowerOrderFinal: flag(true),
  eulerAtFinal: flag(false),
  useKarrasSigmas: flag(false),
  useExponentialSigmas: flag(false),
  useLuLambdas: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
  lambdaMinClipped: z
    .union([z.number(), z.literal(-Infinity)])
    .default(-Infinity)
    .describe('a number or -Infinity'),
  timestepSpacing: choice(['linspace', 'leading', 'trailing'], 'linspace'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

/** Configuration of {@link DPMSolverMultistepScheduler}. */
export type DPMSolverMultistepConfig = z.output<typeof schema>;

/** From here on the last steps need no lower order to stay stable. */
const MANY_STEPS = 15;

/**
 * DPM-Solver and DPM-Solver++, multistep, of order 1 to 3; "DPM++ 2M" by its defaults.
 *
 * @see https://arxiv.org/abs/2206.00927
 * @see https://arxiv.org/abs/2211.01095
 * @see https://huggingface.co/docs/diffusers/api/schedulers/multistep_dpm_solver
 */
export class DPMSolverMultistepScheduler extends SigmaScheduler<DPMSolverMultistepConfig> {
  static readonly definition = {
    className: 'DPMSolverMultistepScheduler',
    schema,
    refused: {
      useBetaSigmas: false,
      useFlowSigmas: false,
      flowShift: 1,
      useDynamicShifting: false,
      timeShiftType: 'exponential',
      varianceType: null,
    },
  };

  /** Converted predictions, newest first. */
  #outputs: Float32Array[] = [];

  /** @throws InvalidArgumentError, ModelLoadError as `fromConfig` */
  constructor(config: object = {}) {
    super(DPMSolverMultistepScheduler.definition, config);
    const { algorithmType, finalSigmasType, solverOrder } = this.config;
    const { useKarrasSigmas, useExponentialSigmas, useLuLambdas } = this.config;
    if ([useKarrasSigmas, useExponentialSigmas, useLuLambdas].filter(Boolean).length > 1) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        'Only one of useKarrasSigmas, useExponentialSigmas and useLuLambdas can be set',
      );
    }
    if (!algorithmType.endsWith('++') && finalSigmasType === 'zero') {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        `algorithmType '${algorithmType}' needs finalSigmasType 'sigma_min'`,
      );
    }
    if (algorithmType === 'sde-dpmsolver' && solverOrder === 3) {
      throw new ModelLoadError('CONFIG_INVALID', "algorithmType 'sde-dpmsolver' has no third order");
    }
  }

  override step(
    modelOutput: Float32Array,
    timestep: number,
    sample: Float32Array,
    options: StepOptions = {},
  ): StepOutput {
    const index = this.stepIndexFor(timestep);
    const { solverOrder, algorithmType, solverType } = this.config;
    const converted = this.#convert(modelOutput, sample, this.sigmas[index]!, options.batchSize ?? 1);
    const known = Math.min(this.#outputs.length + 1, solverOrder);
    this.#outputs = [converted, ...this.#outputs].slice(0, solverOrder);
    const order = Math.min(known, this.#mostOrder(index));

    const prevSample = solve({
      algorithm: algorithmType,
      solverType,
      sample,
      outputs: this.#outputs.slice(0, order),
      target: level(this.sigmas[index + 1]!),
      levels: Array.from({ length: order }, (_, back) => level(this.sigmas[index - back]!)),
      noise: algorithmType.startsWith('sde') ? requireNoise(options, this.className) : undefined,
    });
    this.finishStep();
    return { prevSample };
  }

  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const { alpha, sigma } = level(this.sigmaOf(timestep));
    return weightedSum([alpha, originalSamples], [sigma, noise]);
  }

  protected override begin(count: number): number[] {
    this.#outputs = [];
    const { useKarrasSigmas, useExponentialSigmas, useLuLambdas, betaSchedule, finalSigmasType } =
      this.config;
    const [min, max] = [this.training[0]!, this.training.at(-1)!];
    const last = finalSigmasType === 'zero' ? 0 : min;
    let sigmas: number[] | undefined;
    if (useKarrasSigmas) sigmas = karrasSigmas(min, max, count);
    // Evenly spaced λ, and so evenly spaced log σ.
    else if (useExponentialSigmas || useLuLambdas) sigmas = exponentialSigmas(min, max, count);
    if (!sigmas) {
      const timesteps = this.#spacedTimesteps(count);
      this.startFrom(this.sigmasAt(timesteps), last);
      return timesteps;
    }
    this.startFrom(sigmas, last);
    const rounds = !useExponentialSigmas && betaSchedule !== 'squaredcos_cap_v2';
    return sigmas.map(sigmaToTimestep(this.training)).map(rounds ? roundHalfEven : Math.trunc);
  }

  /** As other schedulers', but one more point than steps, the last of which is left out. */
  #spacedTimesteps(count: number): number[] {
    const { timestepSpacing, numTrainTimesteps } = this.config;
    const last = this.#usableTimesteps();
    switch (timestepSpacing) {
      case 'linspace':
        return linspace(0, last - 1, count + 1)
          .map(roundHalfEven)
          .reverse()
          .slice(0, -1);
      case 'leading': {
        const ratio = Math.floor(last / (count + 1));
        return Array.from({ length: count }, (_, i) => (count - i) * ratio + this.config.stepsOffset);
      }
      case 'trailing':
        return trailingTimesteps(last, numTrainTimesteps / count);
    }
  }

  /** Training timesteps whose λ is not clipped away; all, unless `lambdaMinClipped` is set. */
  #usableTimesteps(): number {
    const { lambdaMinClipped } = this.config;
    return this.training.filter((sigma) => -Math.log(sigma) >= lambdaMinClipped).length;
  }

  #mostOrder(index: number): number {
    const { lowerOrderFinal, eulerAtFinal, finalSigmasType } = this.config;
    const few = lowerOrderFinal && this.schedule.length < MANY_STEPS;
    const left = this.schedule.length - 1 - index;
    if (left === 0 && (eulerAtFinal || few || finalSigmasType === 'zero')) return 1;
    return left === 1 && few ? 2 : 3;
  }

  /** The prediction in the form the algorithm integrates: the picture (++), or the noise. */
  #convert(output: Float32Array, sample: Float32Array, sigmaNow: number, images: number): Float32Array {
    const { predictionType, algorithmType, thresholding } = this.config;
    const { alpha, sigma } = level(sigmaNow);
    const picture = (): Float32Array => {
      if (predictionType === 'epsilon') return weightedSum([1 / alpha, sample], [-sigma / alpha, output]);
      if (predictionType === 'sample') return output;
      return weightedSum([alpha, sample], [-sigma, output]);
    };
    const noiseFrom = (original: Float32Array): Float32Array =>
      weightedSum([1 / sigma, sample], [-alpha / sigma, original]);

    if (algorithmType.endsWith('++'))
      return thresholding ? threshold(picture(), images, this.config) : picture();
    if (thresholding) return noiseFrom(threshold(picture(), images, this.config));
    if (predictionType === 'epsilon') return output;
    if (predictionType === 'sample') return noiseFrom(output);
    return weightedSum([alpha, output], [sigma, sample]);
  }
}
