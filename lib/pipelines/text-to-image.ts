import type { Prompt } from './prompt-embeds.js';
import { correctScheduler, type Scheduler } from '../schedulers/index.js';
import { requireLatentsAndText } from './components.js';
import { parseGenerateOptions, type GenerateOptions, type OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import { registerPipeline } from './registry.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { pureNoise, StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionPipeline';

/**
 * Text to image with Stable Diffusion 1.x and 2.x on OpenVINO; diffusers' `StableDiffusionPipeline` and
 * optimum-intel's `OVStableDiffusionPipeline`, in Node.
 *
 * Calls may overlap: the networks do one thing at a time, in the order of the calls.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/text2img
 * @example
 * ```ts
 * const pipeline = await OVStableDiffusionPipeline.fromPretrained('./stable-diffusion-v1-5');
 * await pipeline.reshape({ height: 512, width: 512 });
 * const { images } = await pipeline.generate('sailing ship in storm by Rembrandt', { numInferenceSteps: 20 });
 * await images[0].toFile('ship.png');
 * await pipeline.dispose();
 * ```
 */
export class OVStableDiffusionPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME, 'StableDiffusionImg2ImgPipeline'];

  protected override readonly className = CLASS_NAME;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @param components - e.g. those of another pipeline, with another VAE
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other
   * @throws InvalidArgumentError
   * @example
   * ```ts
   * const { vaeDecoder } = other.components;
   * const swapped = new OVStableDiffusionPipeline({ ...pipeline.components, vaeDecoder }, pipeline.scheduler);
   * ```
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireLatentsAndText(components);
    super(components, correctScheduler(scheduler, CLASS_NAME), init);
  }

  /**
   * Loads a model: a folder that optimum-intel or `savePretrained` wrote (versions 1.7 to 2.2), or one in diffusers'
   * own layout, with weights in safetensors, which is exported while it is loaded. Where there is no such folder, it is
   * a model of the Hugging Face hub, in either layout, which is downloaded once into the cache that huggingface_hub
   * uses too. Networks are read, not yet compiled: that happens in `reshape`, in `compile`, or at the first
   * `generate`.
   *
   * @param idOrFolder - a path, or an id such as 'org/name'
   * @throws HubError for a model that cannot be downloaded, SaveError when the cache cannot be written
   * @throws ModelLoadError for a missing, broken or unsupported model
   * @throws RuntimeNotFoundError when the addon or the OpenVINO runtime cannot be loaded
   * @throws InvalidArgumentError for unknown or wrong options
   * @see https://huggingface.co/docs/optimum-intel/openvino/reference#optimum.intel.OVStableDiffusionPipeline
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint: one safetensors file that holds all networks under the names of the first
   * implementation, as models of Stable Diffusion 1.x and 2.x are often shared. It is exported while it is loaded; its
   * weights stay in the file until networks are compiled.
   *
   * What the tensors' shapes do not say is as in diffusers: CLIP's tokenizer, which comes with this package, and
   * the scheduler of Stable Diffusion 1.5 (PNDM) or 2.1 (DDIM, v-prediction).
   *
   * @throws ModelLoadError `UNSUPPORTED` naming what else the file is: a pickle, SDXL, LoRA, a ControlNet …;
   * `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `CONFIG_INVALID`, `INCOMPATIBLE_COMPONENTS`
   * @throws RuntimeNotFoundError when the addon or the OpenVINO runtime cannot be loaded
   * @throws InvalidArgumentError for unknown or wrong options
   * @see https://huggingface.co/docs/diffusers/api/loaders/single_file
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Generates images.
   *
   * After `reshape`, a request of another shape compiles networks for it first and keeps them (`maxCompiledShapes`),
   * or is refused (`strictShapes`).
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
    options: GenerateOptions & { outputType?: Output | undefined } = {},
  ): Promise<GenerateResult<Output>> {
    return this.generateFrom<Output>(prompt, parseGenerateOptions(options), () => ({ start: pureNoise }));
  }
}
