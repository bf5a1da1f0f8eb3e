import type { Prompt } from './prompt-embeds.js';
import { InvalidArgumentError } from '../common/errors.js';
import { optionsSchema } from '../common/options.js';
import type { Scheduler } from '../schedulers/index.js';
import { requireLatents } from './components.js';
import { parseGenerateOptionsOf, type GenerateOptions, type OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import type { StableDiffusionXLComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { registerPipeline } from './registry.js';
import type { Generation, Start } from './generation.js';
import { pureNoise } from './stable-diffusion.js';
import { StableDiffusionXLPipeline } from './stable-diffusion-xl.js';
import { endIndexFor } from './xl-begin.js';
import { checkXLOptions, denoisingShare, xlFields, type XLOptions } from './xl-options.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionXLPipeline';

/** Options of `OVStableDiffusionXLPipeline.generate`; names and defaults as in diffusers' `StableDiffusionXLPipeline`. */
export interface GenerateXLOptions extends GenerateOptions, XLOptions {
  /**
   * Share of the noise to remove, from 0 to 1, before a refiner takes over with the same value as `denoisingStart`; with
   * `outputType: 'latent'`. Default: all.
   */
  denoisingEnd?: number | undefined;
}

const schema = optionsSchema<GenerateXLOptions>()({ ...xlFields, denoisingEnd: denoisingShare });

/**
 * Text to image with Stable Diffusion XL on OpenVINO; diffusers' `StableDiffusionXLPipeline` and optimum-intel's
 * `OVStableDiffusionXLPipeline`, in Node.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/stable_diffusion_xl
 * @example
 * ```ts
 * const pipeline = await OVStableDiffusionXLPipeline.fromPretrained('./stable-diffusion-xl-base-1.0');
 * await pipeline.reshape({ height: 1024, width: 1024 });
 * const { images } = await pipeline.generate('an astronaut on a green horse', { numInferenceSteps: 30 });
 * await images[0].toFile('astronaut.png');
 * await pipeline.dispose();
 * ```
 */
export class OVStableDiffusionXLPipeline extends StableDiffusionXLPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME];
  protected override readonly className = CLASS_NAME;
  protected override readonly isTextToImage = true;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionXLComponents, scheduler: Scheduler, init?: PipelineInit) {
    super(components, scheduler, init);
    requireLatents(components);
  }

  /**
   * Loads a model of Stable Diffusion XL, as `OVStableDiffusionPipeline.fromPretrained` loads one of 1.x and 2.x.
   *
   * @param idOrFolder - a path, or an id such as 'org/name'
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionXLPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint of Stable Diffusion XL: one safetensors file that holds all networks.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionXLPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Generates images.
   *
   * @param prompt - one prompt, or several for one batch; undefined with `promptEmbeds`
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options: GenerateXLOptions & { outputType?: Output | undefined } = {},
  ): Promise<GenerateResult<Output>> {
    const parsed: GenerateXLOptions = parseGenerateOptionsOf(schema, options);
    checkXLOptions(prompt, parsed, this.layers);
    requireBothNegativeSizes(parsed);
    return this.generateFrom<Output>(prompt, parsed, () => ({
      start: (generation) => partOfNoise(generation, parsed.denoisingEnd),
    }));
  }
}

/** From pure noise, to where a refiner takes over. */
function partOfNoise(generation: Generation, denoisingEnd: number | undefined): Start {
  return { ...pureNoise(generation), endIndex: endIndexFor(generation.scheduler, 0, denoisingEnd) };
}

/** diffusers ignores one without the other. */
function requireBothNegativeSizes({ negativeOriginalSize, negativeTargetSize }: XLOptions): void {
  if ((negativeOriginalSize === undefined) === (negativeTargetSize === undefined)) return;
  throw new InvalidArgumentError('Expected negativeOriginalSize and negativeTargetSize together');
}
