import type { Prompt } from './prompt-embeds.js';
import { beginIndexForStrength, correctScheduler, type Scheduler } from '../schedulers/index.js';
import { requireInpaintUNet, requireVaeEncoder } from './components.js';
import type { OutputType } from './generate-options.js';
import { withSteps } from './generation-defaults.js';
import type { GenerateResult } from './generate-result.js';
import { inpaintPlan } from './inpaint-plan.js';
import type { InpaintBegin } from './inpaint-start.js';
import { parseInpaintOptions, type InpaintGenerateOptions } from './inpaint-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import { registerPipeline } from './registry.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import type { Generation } from './generation.js';
import { StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionInpaintPipeline';

/**
 * Inpainting with Stable Diffusion 1.x and 2.x on OpenVINO; diffusers' `StableDiffusionInpaintPipeline` and
 * optimum-intel's `OVStableDiffusionInpaintPipeline`, in Node. With a UNet that was trained to inpaint (9 channels)
 * it takes the mask and what surrounds it as inputs; with that of any other model (4 channels) the image's latents are put back
 * around the mask after each step.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/inpaint
 * @example
 * ```ts
 * const pipeline = OVStableDiffusionInpaintPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a red hat', {
 *   image: 'portrait.png',
 *   maskImage: 'hat-mask.png',
 *   applyOverlay: true,
 * });
 * ```
 */
export class OVStableDiffusionInpaintPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [
    CLASS_NAME,
    'StableDiffusionPipeline',
    'StableDiffusionImg2ImgPipeline',
  ];

  protected override readonly className = CLASS_NAME;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or have no VAE encoder
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireInpaintUNet(components);
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
  ): Promise<OVStableDiffusionInpaintPipeline> {
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
  ): Promise<OVStableDiffusionInpaintPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Repaints the masked parts of images.
   *
   * @param prompt - one prompt, or several for one batch; undefined with `promptEmbeds`
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`, also for what is no image and without a mask
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   * @example
   * ```ts
   * // The transparent parts of an image are repainted, and only around them at full size.
   * const { images } = await pipeline.generate('a cat', { image: 'with-a-hole.png', paddingMaskCrop: 32 });
   * ```
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: InpaintGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const given = parseInpaintOptions(options);
    const { strength = 1 } = given;
    const parsed = withSteps(given, this.generationDefaults, strength);
    // Refused here, before images are read.
    beginIndexForStrength({ order: 1 }, parsed.numInferenceSteps ?? 50, strength);
    const begin = ({ scheduler, request }: Generation): InpaintBegin => ({
      firstIndex: beginIndexForStrength(scheduler, request.numInferenceSteps, strength),
      addsNoise: true,
      isNoise: strength === 1,
    });
    const { plan, options: others } = inpaintPlan(parsed, { strength, begin }, this.components, this.shapes);
    return this.generateFrom<Output>(prompt, others, plan);
  }
}
