import { InvalidArgumentError } from '../common/errors.js';
import { checkDpmSolverConfig, dpmSolverSchema, type DPMSolverMultistepConfig } from './dpm-solver-config.js';
import { multistepUpdate, noiseLevel } from './dpm-solver-updates.js';
import { linspace, roundHalfEven } from './numeric.js';
import type { StepOptions, StepOutput } from './scheduler.js';
import { SigmaScheduler } from './sigma-scheduler.js';
import { exponentialSigmas, karrasSigmas, sigmaToTimestep } from './sigma-spacing.js';
import { threshold } from './thresholding.js';
import { trailingTimesteps } from './timestep-spacing.js';
import { weightedSum } from './weighted-sum.js';

/** With fewer steps than these, `lowerOrderFinal` lowers the order of the last ones. */
const LOWER_ORDER_FINAL_LIMIT = 15;

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
export class DPMSolverMultistepScheduler extends SigmaScheduler<DPMSolverMultistepConfig> {
  static readonly definition = {
    className: 'DPMSolverMultistepScheduler',
    schema: dpmSolverSchema,
    unsupported: {
      useBetaSigmas: [true],
      useFlowSigmas: [true],
      useDynamicShifting: [true],
      varianceType: ['learned', 'learned_range'],
    },
    // What DEIS and UniPC call theirs.
    aliases: {
      algorithmType: { deis: 'dpmsolver++' },
      solverType: { logrho: 'midpoint', bh1: 'midpoint', bh2: 'midpoint' },
    },
  };

  /** Converted predictions, newest first. */
  #outputs: Float32Array[] = [];

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
    const { solverOrder, algorithmType, solverType } = this.config;
    const converted = this.#convert(modelOutput, sample, this.sigmas[index]!, options.batchSize ?? 1);
    const noise = algorithmType.startsWith('sde') ? this.requireNoise(options) : undefined;
    this.#outputs = [converted, ...this.#outputs].slice(0, solverOrder);
    const order = Math.min(this.#outputs.length, this.#maxOrder(index));

    const prevSample = multistepUpdate({
      algorithm: algorithmType,
      solverType,
      sample,
      outputs: this.#outputs.slice(0, order),
      levels: Array.from({ length: order }, (_, back) => noiseLevel(this.sigmas[index - back]!)),
      target: noiseLevel(this.sigmas[index + 1]!),
      noise,
    });
    this.finishStep();
    return { prevSample };
  }

  /** {@inheritDoc Scheduler.addNoise} */
  override addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const { alpha, sigma } = noiseLevel(this.noiseSigma(timestep));
    return weightedSum([alpha, originalSamples], [sigma, noise]);
  }

  protected override begin(count: number): number[] {
    const { useExponentialSigmas, betaSchedule, finalSigmasType } = this.config;
    const last = finalSigmasType === 'zero' ? 0 : this.trainingSigmas[0]!;
    const sigmas = this.#spacedSigmas(count);
    let timesteps: number[];
    if (sigmas) {
      const round = useExponentialSigmas || betaSchedule === 'squaredcos_cap_v2' ? Math.trunc : roundHalfEven;
      timesteps = sigmas.map(sigmaToTimestep(this.trainingSigmas)).map(round);
    } else timesteps = this.#distinctTimesteps(count);
    this.setSigmas(sigmas ?? this.sigmasAt(timesteps), last);
    this.#outputs = [];
    return timesteps;
  }

  /** σ where it is spaced directly, not by timesteps. */
  #spacedSigmas(count: number): number[] | undefined {
    const { useKarrasSigmas, useExponentialSigmas, useLuLambdas } = this.config;
    const [min, max] = [this.trainingSigmas[0]!, this.trainingSigmas.at(-1)!];
    if (useKarrasSigmas) return karrasSigmas(min, max, count);
    // Even spacing of λ is even spacing of log σ.
    return useExponentialSigmas || useLuLambdas ? exponentialSigmas(min, max, count) : undefined;
  }

  /** @throws InvalidArgumentError for more steps than there are noise levels, with the largest number there are for */
  #distinctTimesteps(count: number): number[] {
    const timesteps = this.#spacedTimesteps(count);
    if (!this.#repeatsLevel(timesteps)) return timesteps;
    let allowed = count - 1;
    while (allowed > 0 && this.#repeatsLevel(this.#spacedTimesteps(allowed))) allowed--;
    const { timestepSpacing, stepsOffset } = this.config;
    throw new InvalidArgumentError(
      `${this.className} cannot take ${count} steps: with timestepSpacing '${timestepSpacing}' and stepsOffset ` +
        `${stepsOffset} some would start from the same noise level. Use at most ${allowed} steps.`,
    );
  }

  /** From the second order on a step of length 0 is divided by, which gives NaN; the first order only goes astray. */
  #repeatsLevel(timesteps: readonly number[]): boolean {
    if (this.config.solverOrder === 1) return timesteps[0] === timesteps[1];
    const sigmas = this.sigmasAt(timesteps);
    return sigmas.some((sigma, i) => sigma === sigmas[i - 1]);
  }

  /** As other schedulers', but of one more point than there are steps; the last point is dropped. */
  #spacedTimesteps(count: number): number[] {
    const { timestepSpacing, numTrainTimesteps, stepsOffset } = this.config;
    const last = this.#usableTimesteps();
    switch (timestepSpacing) {
      case 'linspace':
        return linspace(0, last - 1, count + 1)
          .map(roundHalfEven)
          .reverse()
          .slice(0, -1);
      case 'leading': {
        const ratio = Math.floor(last / (count + 1));
        return Array.from({ length: count }, (_, i) => (count - i) * ratio + stepsOffset);
      }
      case 'trailing':
        return trailingTimesteps(last, numTrainTimesteps / count);
    }
  }

  /** Training timesteps whose λ is not clipped; all of them, unless `lambdaMinClipped` is set. */
  #usableTimesteps(): number {
    const { lambdaMinClipped } = this.config;
    return this.trainingSigmas.filter((sigma) => -Math.log(sigma) >= lambdaMinClipped).length;
  }

  #maxOrder(index: number): number {
    const { lowerOrderFinal, eulerAtFinal, finalSigmasType } = this.config;
    const lowers = lowerOrderFinal && this.schedule.length < LOWER_ORDER_FINAL_LIMIT;
    const stepsLeft = this.schedule.length - 1 - index;
    if (stepsLeft === 0 && (eulerAtFinal || lowers || finalSigmasType === 'zero')) return 1;
    return stepsLeft === 1 && lowers ? 2 : 3;
  }

  /** The prediction in the form the algorithm integrates: the image (++), or the noise. */
  #convert(output: Float32Array, sample: Float32Array, sigmaNow: number, batchSize: number): Float32Array {
    const { predictionType, algorithmType, thresholding } = this.config;
    const { alpha, sigma } = noiseLevel(sigmaNow);
    const image = (): Float32Array => {
      if (predictionType === 'epsilon') return weightedSum([1 / alpha, sample], [-sigma / alpha, output]);
      if (predictionType === 'sample') return output;
      return weightedSum([alpha, sample], [-sigma, output]);
    };
    const noiseFrom = (original: Float32Array): Float32Array =>
      weightedSum([1 / sigma, sample], [-alpha / sigma, original]);

    if (algorithmType.endsWith('++')) {
      return thresholding ? threshold(image(), batchSize, this.config) : image();
    }
    if (thresholding) return noiseFrom(threshold(image(), batchSize, this.config));
    if (predictionType === 'epsilon') return output;
    if (predictionType === 'sample') return noiseFrom(output);
    return weightedSum([alpha, output], [sigma, sample]);
  }
}
