import type { Prompt } from './prompt-embeds.js';
import { optionsSchema } from '../common/options.js';
import type { Scheduler } from '../schedulers/index.js';
import { requireInpaintChannels, requireVaeEncoder } from './components.js';
import { parseGenerateOptionsOf, type OutputType } from './generate-options.js';
import { withSteps } from './generation-defaults.js';
import type { GenerateResult } from './generate-result.js';
import { inpaintFields, requireInpaintAgreement, type InpaintGenerateOptions } from './inpaint-options.js';
import { inpaintPlan } from './inpaint-plan.js';
import type { StableDiffusionXLComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { registerPipeline } from './registry.js';
import { StableDiffusionXLPipeline } from './stable-diffusion-xl.js';
import { checkRange, xlBegin, type DenoisingRange } from './xl-begin.js';
import { checkXLOptions, denoisingShare, xlFields, type XLOptions } from './xl-options.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionXLInpaintPipeline';

/** Options of `OVStableDiffusionXLInpaintPipeline.generate`; names and defaults as in diffusers' class. */
export interface InpaintXLGenerateOptions
  extends Omit<InpaintGenerateOptions, 'negativePrompt'>, XLOptions, DenoisingRange {
  /** How much of the masked part to replace, 0 to 1. Default: 0.9999, at which the image's colours still show through. */
  strength?: number | undefined;
}

const schema = optionsSchema<InpaintXLGenerateOptions>()({
  ...inpaintFields,
  ...xlFields,
  denoisingStart: denoisingShare,
  denoisingEnd: denoisingShare,
});

/**
 * Inpainting with Stable Diffusion XL on OpenVINO; diffusers' `StableDiffusionXLInpaintPipeline` in Node. With a UNet
 * that was trained to inpaint (9 channels), or that of any other model (4 channels).
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/stable_diffusion_xl
 * @example
 * ```ts
 * const pipeline = OVStableDiffusionXLInpaintPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a red hat', { image: 'portrait.png', maskImage: 'hat-mask.png' });
 * ```
 */
export class OVStableDiffusionXLInpaintPipeline extends StableDiffusionXLPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [
    CLASS_NAME,
    'StableDiffusionXLPipeline',
    'StableDiffusionXLImg2ImgPipeline',
  ];
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
    requireInpaintChannels(components);
    requireVaeEncoder(components);
  }

  /**
   * Loads a model of Stable Diffusion XL as `OVStableDiffusionXLPipeline.fromPretrained` does.
   *
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionXLInpaintPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint of Stable Diffusion XL.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionXLInpaintPipeline> {
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
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: InpaintXLGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const { denoisingStart, denoisingEnd, ...parsed }: InpaintXLGenerateOptions = parseGenerateOptionsOf(
      schema,
      options,
    );
    requireInpaintAgreement(parsed);
    checkXLOptions(prompt, parsed, this.layers);
    checkRange({ denoisingStart, denoisingEnd });
    const { strength = 0.9999 } = parsed;
    const range = { strength, denoisingStart, denoisingEnd };
    const { plan, options: others } = inpaintPlan(
      withSteps(parsed, this.generationDefaults, strength),
      { strength, begin: (generation) => ({ ...xlBegin(generation, range), isNoise: strength === 1 }) },
      this.components,
      this.shapes,
    );
    return this.generateFrom<Output>(prompt, others, plan);
  }
}
