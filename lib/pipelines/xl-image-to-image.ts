import type { Prompt } from './prompt-embeds.js';
import { optionsSchema } from '../common/options.js';
import type { Scheduler } from '../schedulers/index.js';
import { requireLatents, requireVaeEncoder } from './components.js';
import { parseGenerateOptionsOf, type GenerateOptions, type OutputType } from './generate-options.js';
import { withSteps } from './generation-defaults.js';
import type { GenerateResult } from './generate-result.js';
import { imageFields, strengthField, withoutLatents, type ImageOptions } from './image-options.js';
import { imageToImagePlan } from './image-to-image-plan.js';
import type { StableDiffusionXLComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { registerPipeline } from './registry.js';
import { StableDiffusionXLPipeline } from './stable-diffusion-xl.js';
import { checkRange, xlBegin, type DenoisingRange } from './xl-begin.js';
import { checkXLOptions, denoisingShare, xlFields, type XLOptions } from './xl-options.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionXLImg2ImgPipeline';

/** Options of `OVStableDiffusionXLImg2ImgPipeline.generate`; names and defaults as in diffusers' class. */
export interface Img2ImgXLGenerateOptions
  extends Omit<GenerateOptions, 'latents' | 'negativePrompt'>, XLOptions, ImageOptions, DenoisingRange {
  /** How much of the image to replace, 0 to 1; without effect where `denoisingStart` is given. Default: 0.3. */
  strength?: number | undefined;
}

const schema = optionsSchema<Img2ImgXLGenerateOptions>()({
  ...withoutLatents(xlFields),
  ...imageFields,
  strength: strengthField.optional(),
  denoisingStart: denoisingShare,
  denoisingEnd: denoisingShare,
});

/**
 * Image to image with Stable Diffusion XL on OpenVINO, and its refiner; diffusers' `StableDiffusionXLImg2ImgPipeline` and
 * optimum-intel's `OVStableDiffusionXLImg2ImgPipeline`, in Node.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/stable_diffusion_xl
 * @example
 * ```ts
 * // The base model removes 80 % of the noise, the refiner the rest.
 * const refiner = await OVStableDiffusionXLImg2ImgPipeline.fromPretrained('./stable-diffusion-xl-refiner-1.0');
 * const { latents } = await base.generate(prompt, { denoisingEnd: 0.8, outputType: 'latent' });
 * const { images } = await refiner.generate(prompt, { image: latents, denoisingStart: 0.8 });
 * ```
 */
export class OVStableDiffusionXLImg2ImgPipeline extends StableDiffusionXLPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME, 'StableDiffusionXLPipeline'];
  protected override readonly className = CLASS_NAME;
  protected override readonly isTextToImage = false;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or have no VAE encoder
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionXLComponents, scheduler: Scheduler, init?: PipelineInit) {
    super(components, scheduler, init);
    requireLatents(components);
    requireVaeEncoder(components);
  }

  /**
   * Loads a model of Stable Diffusion XL, or its refiner, as `OVStableDiffusionXLPipeline.fromPretrained` does.
   *
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionXLImg2ImgPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint of Stable Diffusion XL, or of its refiner.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionXLImg2ImgPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Generates images from images, or goes on with the latents of a base model.
   *
   * @param prompt - one prompt, or several for one batch; undefined with `promptEmbeds`
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`, also for what is no image
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: Img2ImgXLGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const parsed: Img2ImgXLGenerateOptions = parseGenerateOptionsOf(schema, options);
    const { image, strength = 0.3, resizeMode = 'default', denoisingStart, denoisingEnd, ...rest } = parsed;
    const others = withSteps(rest, this.generationDefaults, strength);
    checkXLOptions(prompt, others, this.layers);
    checkRange(parsed);
    const range = { strength, denoisingStart, denoisingEnd };
    return this.generateFrom<Output>(prompt, others, () =>
      imageToImagePlan(
        {
          image,
          resizeMode,
          parameters: denoisingStart === undefined ? { strength } : {},
          begin: (generation) => xlBegin(generation, range),
        },
        this.components,
        this.shapes,
      ),
    );
  }
}
