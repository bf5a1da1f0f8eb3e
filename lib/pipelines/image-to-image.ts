import type { Prompt } from './prompt-embeds.js';
import { beginIndexForStrength, correctScheduler, type Scheduler } from '../schedulers/index.js';
import { requireLatentsAndText, requireVaeEncoder } from './components.js';
import type { OutputType } from './generate-options.js';
import { withSteps } from './generation-defaults.js';
import type { GenerateResult } from './generate-result.js';
import { parseImg2ImgOptions, type Img2ImgGenerateOptions } from './image-to-image-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import { registerPipeline } from './registry.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import type { Generation } from './generation.js';
import { imageToImagePlan, type Begin } from './image-to-image-plan.js';
import { StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionImg2ImgPipeline';

/**
 * Image to image with Stable Diffusion 1.x and 2.x on OpenVINO (SDEdit, https://arxiv.org/abs/2108.01073); diffusers'
 * `StableDiffusionImg2ImgPipeline` and optimum-intel's `OVStableDiffusionImg2ImgPipeline`, in Node.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/img2img
 * @example
 * ```ts
 * const pipeline = OVStableDiffusionImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a castle, oil painting', { image: 'sketch.png', strength: 0.6 });
 * await images[0].toFile('castle.png');
 * ```
 */
export class OVStableDiffusionImg2ImgPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME, 'StableDiffusionPipeline'];

  protected override readonly className = CLASS_NAME;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or have no VAE encoder
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireLatentsAndText(components);
    requireVaeEncoder(components);
    super(components, correctScheduler(scheduler, CLASS_NAME), init);
  }

  /**
   * Loads a model as `OVStableDiffusionPipeline.fromPretrained` does.
   *
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionImg2ImgPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint as `OVStableDiffusionPipeline.fromSingleFile` does.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionImg2ImgPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Generates images from images.
   *
   * @param prompt - one prompt, or several for one batch; undefined with `promptEmbeds`
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`, also for what is no image
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   * @example
   * ```ts
   * const { images } = await pipeline.generate('winter', { image: photo, strength: 0.5, seed: 7 });
   * ```
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: Img2ImgGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const { image, strength = 0.8, resizeMode = 'default', ...rest } = parseImg2ImgOptions(options);
    const others = withSteps(rest, this.generationDefaults, strength);
    // Refused here, before the image is read.
    beginIndexForStrength({ order: 1 }, others.numInferenceSteps ?? 50, strength);
    const begin = ({ scheduler, request }: Generation): Begin => ({
      firstIndex: beginIndexForStrength(scheduler, request.numInferenceSteps, strength),
      addsNoise: true,
    });
    return this.generateFrom<Output>(prompt, others, () =>
      imageToImagePlan({ image, resizeMode, parameters: { strength }, begin }, this.components, this.shapes),
    );
  }
}
