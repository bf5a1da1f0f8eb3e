import type { Prompt } from './prompt-embeds.js';
import { setSchedule, type Scheduler } from '../schedulers/index.js';
import { requireComponents, requireGuidanceEmbedding, requireLatents } from './components.js';
import type { OutputType } from './generate-options.js';
import type { Plan } from './generation.js';
import type { GenerateResult } from './generate-result.js';
import {
  parseLatentConsistencyOptions,
  type LatentConsistencyGenerateOptions,
} from './latent-consistency-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import type { PipelineOptions } from './pipeline-options.js';
import { registerPipeline } from './registry.js';
import { pureNoise, StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'LatentConsistencyModelPipeline';

/** diffusers' defaults of latent consistency models. */
export const LATENT_CONSISTENCY_DEFAULTS = { numInferenceSteps: 4, guidanceScale: 8.5 } as const;

/**
 * Text to image with latent consistency models on OpenVINO, in 1 to 8 steps; diffusers' `LatentConsistencyModelPipeline`
 * and optimum-intel's `OVLatentConsistencyModelPipeline`, in Node. The guidance scale is an input of the UNet, so that
 * there is no negative prompt and no second half of the batch.
 *
 * @see https://arxiv.org/abs/2310.04378 — "Latent Consistency Models: Synthesizing High-Resolution Images with Few-Step
 * Inference"
 * @see https://huggingface.co/docs/diffusers/api/pipelines/latent_consistency_models
 * @example
 * ```ts
 * const pipeline = await OVLatentConsistencyModelPipeline.fromPretrained('SimianLuo/LCM_Dreamshaper_v7');
 * await pipeline.reshape({ height: 512, width: 512 });
 * const { images } = await pipeline.generate('a cyborg with golden hair, 8k'); // 4 steps
 * await images[0].toFile('cyborg.png');
 * ```
 */
export class OVLatentConsistencyModelPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME];
  protected override readonly className = CLASS_NAME;
  protected override readonly defaults = LATENT_CONSISTENCY_DEFAULTS;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or the UNet takes no guidance
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireComponents(components);
    requireLatents(components);
    requireGuidanceEmbedding(components);
    super(components, scheduler, init);
  }

  /**
   * Loads a model as `OVStableDiffusionPipeline.fromPretrained` does.
   *
   * @param idOrFolder - a path, or an id such as 'org/name'
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVLatentConsistencyModelPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Generates images.
   *
   * @param prompt - one prompt, or several for one batch; undefined with `promptEmbeds`
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, also for more steps than the model was distilled at,
   * `UNKNOWN_OPTION`
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   * @example
   * ```ts
   * const { images } = await pipeline.generate('a lighthouse at dawn', { numInferenceSteps: 6, seed: 7 });
   * ```
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: LatentConsistencyGenerateOptions & { outputType?: Output | undefined } = {},
  ): Promise<GenerateResult<Output>> {
    const { originalInferenceSteps, ...others } = parseLatentConsistencyOptions(options);
    const schedule = { originalInferenceSteps };
    requireSchedule(this, others, schedule);
    return this.generateFrom<Output>(prompt, others, () => ({ schedule, start: pureNoise }));
  }
}

/** Refuses a schedule that a pipeline's scheduler does not take, before any work. */
export function requireSchedule(
  { scheduler, generationDefaults }: Pick<StableDiffusionPipeline, 'scheduler' | 'generationDefaults'>,
  { numInferenceSteps, timesteps, sigmas }: LatentConsistencyGenerateOptions,
  schedule: Plan['schedule'],
): void {
  const steps = numInferenceSteps ?? generationDefaults.numInferenceSteps;
  setSchedule(scheduler.clone(), { ...schedule, timesteps, sigmas, numInferenceSteps: steps });
}
