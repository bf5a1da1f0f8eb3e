import { optionsSchema } from '../common/options.js';
import type { Scheduler } from '../schedulers/index.js';
import {
  requireComponents,
  requireGuidanceEmbedding,
  requireLatents,
  requireVaeEncoder,
} from './components.js';
import { parseGenerateOptionsOf, type OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import { imageFields, strengthField, withoutLatents, type ImageOptions } from './image-options.js';
import { imageToImagePlan } from './image-to-image-plan.js';
import { LATENT_CONSISTENCY_DEFAULTS, requireSchedule } from './latent-consistency.js';
import {
  latentConsistencyFields,
  type LatentConsistencyGenerateOptions,
} from './latent-consistency-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import type { PipelineOptions } from './pipeline-options.js';
import { registerPipeline } from './registry.js';
import { StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'LatentConsistencyModelImg2ImgPipeline';

/** Options of `OVLatentConsistencyModelImg2ImgPipeline.generate`; names and defaults as in diffusers' class. */
export interface LatentConsistencyImg2ImgGenerateOptions
  extends Omit<LatentConsistencyGenerateOptions, 'latents'>, ImageOptions {
  /**
   * How much of the image to replace, 0 to 1: the share of the timesteps that the model was distilled at from which all
   * `numInferenceSteps` are chosen. Default: 0.8.
   */
  strength?: number | undefined;
}

const schema = optionsSchema<LatentConsistencyImg2ImgGenerateOptions>()({
  ...withoutLatents(latentConsistencyFields),
  ...imageFields,
  strength: strengthField.optional(),
});

/**
 * Image to image with latent consistency models on OpenVINO; diffusers' `LatentConsistencyModelImg2ImgPipeline` and
 * optimum-intel's `OVLatentConsistencyModelImg2ImgPipeline`, in Node.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/latent_consistency_models
 * @example
 * ```ts
 * const pipeline = OVLatentConsistencyModelImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a castle, oil painting', { image: 'sketch.png', strength: 0.5 });
 * await images[0].toFile('castle.png');
 * ```
 */
export class OVLatentConsistencyModelImg2ImgPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME, 'LatentConsistencyModelPipeline'];
  protected override readonly className = CLASS_NAME;
  protected override readonly defaults = LATENT_CONSISTENCY_DEFAULTS;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, have no VAE encoder, or the UNet
   * takes no guidance
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireComponents(components);
    requireLatents(components);
    requireGuidanceEmbedding(components);
    requireVaeEncoder(components);
    super(components, scheduler, init);
  }

  /**
   * Loads a model as `OVStableDiffusionPipeline.fromPretrained` does.
   *
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVLatentConsistencyModelImg2ImgPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Generates images from images.
   *
   * @param prompt - one prompt, or several for one batch
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, also for more steps than strength leaves; `UNKNOWN_OPTION`
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: string | readonly string[],
    options: LatentConsistencyImg2ImgGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const parsed: LatentConsistencyImg2ImgGenerateOptions = parseGenerateOptionsOf(schema, options);
    const { image, strength = 0.8, resizeMode = 'default', originalInferenceSteps, ...others } = parsed;
    const schedule = { originalInferenceSteps, strength };
    requireSchedule(this, others, schedule);
    const start = {
      image,
      resizeMode,
      parameters: { strength },
      begin: () => ({ firstIndex: 0, addsNoise: true }),
    };
    return this.generateFrom<Output>(prompt, others, async () => ({
      ...(await imageToImagePlan(start, this.components, this.shapes)),
      schedule,
    }));
  }
}
