import { InferenceContext, type UNetShape } from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import {
  ClassifierFreeGuidance,
  denoise,
  noiseSource,
  UNetPredictor,
  type Denoised,
  type NoiseSource,
} from '../denoising/index.js';
import { encodePrompts } from '../prompts/index.js';
import type { Scheduler } from '../schedulers/index.js';
import { describeComponents, type DescribedComponents } from './components.js';
import { decodeLatents } from './decode-latents.js';
import { parseGenerateOptions, type GenerateOptions, type OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import { generationParameters } from './generation-parameters.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import { OUTPUTS } from './outputs.js';
import { OVDiffusionPipeline, type CompileStep, type PipelineInit } from './pipeline.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { checkRequest, latentSize, resolveRequest, shapeOf, type GenerateRequest } from './request.js';
import type { StaticShape } from './reshape-options.js';

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
export class OVStableDiffusionPipeline extends OVDiffusionPipeline<DescribedComponents> {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = ['StableDiffusionPipeline'];

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
    super(requireTextToImage(describeComponents(components)), scheduler, init);
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
  static async fromPretrained(
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
  static async fromSingleFile(
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
   * @param prompt - one prompt, or several for one batch
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   */
  async generate<Output extends OutputType = 'image'>(
    prompt: string | readonly string[],
    options: GenerateOptions & { outputType?: Output | undefined } = {},
  ): Promise<GenerateResult<Output>> {
    const parsed = parseGenerateOptions(options);
    checkRequest(prompt, parsed, this.components.vaeScaleFactor);
    const scheduler = this.scheduler.clone();
    const outputType = (parsed.outputType ?? 'image') as Output;
    return this.calls.run((signal) => {
      const request = this.#resolve(prompt, parsed);
      return this.#generate(request, { ...parsed, signal }, scheduler, outputType);
    }, parsed.signal);
  }

  protected override requireShape(shape: StaticShape): void {
    latentSize(shape, this.components.vaeScaleFactor);
  }

  protected override compileSteps(shape: StaticShape | undefined): readonly CompileStep[] {
    const { textEncoder, unet, vaeDecoder, tokenizer, vaeScaleFactor } = this.components;
    const size = shape ? latentSize(shape, vaeScaleFactor) : 'dynamic';
    return [
      { component: 'text_encoder', compile: () => textEncoder.compile(tokenizer.maxLength) },
      { component: 'unet', compile: () => unet.compile(shape ? this.#unetShape(shape) : 'dynamic') },
      { component: 'vae_decoder', compile: () => vaeDecoder.compile(size) },
    ];
  }

  protected override async keepOnly(shape: StaticShape): Promise<void> {
    const { unet, vaeDecoder, vaeScaleFactor } = this.components;
    // What another pipeline holds too may be compiled for that one's shape.
    if (unet.holders === 1) await unet.keepOnly(this.#unetShape(shape));
    if (vaeDecoder.holders === 1) await vaeDecoder.keepOnly(latentSize(shape, vaeScaleFactor));
  }

  #resolve(prompt: string | readonly string[], options: GenerateOptions): GenerateRequest {
    const { vaeScaleFactor, unet } = this.components;
    const { sampleSize } = unet;
    const request = resolveRequest(prompt, options, {
      vaeScaleFactor,
      sampleSize,
      reshaped: this.shapes.shape,
    });
    this.shapes.require(shapeOf(request));
    return request;
  }

  async #generate<Output extends OutputType>(
    request: GenerateRequest,
    options: GenerateOptions,
    scheduler: Scheduler,
    outputType: Output,
  ): Promise<GenerateResult<Output>> {
    const start = performance.now();
    const context = new InferenceContext(options.signal);
    const { images, latentSize: size } = request;
    const shape = [images, this.components.unet.outChannels, size.height, size.width];
    const noise = noiseSource(options, shape);
    scheduler.setTimesteps(request.numInferenceSteps);

    const generation = { options, scheduler, noise, context };
    const { latents, stopped, secondsPerStep } = await this.#denoise(request, generation);
    const { vaeDecoder, model } = this.components;
    const output = await OUTPUTS[outputType]({
      latents,
      shape,
      seeds: noise.seeds,
      decode: () => decodeLatents(latents, request, vaeDecoder, this.shapes, context),
      describe: generationParameters(request, scheduler, model.name),
    });
    const timings = {
      totalSeconds: (performance.now() - start) / 1000,
      inferenceSeconds: context.inferenceSeconds,
      secondsPerStep,
    };
    return { ...output, seeds: noise.seeds, stopped, timings };
  }

  async #denoise(
    request: GenerateRequest,
    { options, scheduler, noise, context }: Generation,
  ): Promise<Denoised> {
    const { tokenizer, textEncoder, unet } = this.components;
    const states = await encodePrompts(request, tokenizer, textEncoder, context);
    const inputs = { encoder_hidden_states: states };
    const session = await unet.bind(this.#unetShape(shapeOf(request)), this.shapes, inputs, context);
    const rows = new UNetPredictor(session);
    return denoise({
      predictor: request.negativePrompts ? new ClassifierFreeGuidance(rows, request.guidanceScale) : rows,
      scheduler,
      latents: noise.latents.map((value) => value * scheduler.initNoiseSigma),
      images: request.images,
      eta: request.eta,
      noise: noise.next,
      signal: context.signal,
      onStep: options.onStep && this.calls.callback(options.onStep),
    });
  }

  #unetShape(shape: StaticShape): UNetShape {
    const { tokenizer, vaeScaleFactor } = this.components;
    const images = shape.batchSize * shape.numImagesPerPrompt;
    return {
      ...latentSize(shape, vaeScaleFactor),
      batch: shape.guidance ? images * 2 : images,
      tokens: tokenizer.maxLength,
    };
  }
}

/** What one generation works with. */
interface Generation {
  readonly options: GenerateOptions;
  readonly scheduler: Scheduler;
  readonly noise: NoiseSource;
  readonly context: InferenceContext;
}

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for a UNet that takes more than latents and text */
function requireTextToImage(components: DescribedComponents): DescribedComponents {
  const { unet, vaeDecoder } = components;
  const { path } = unet.source;
  if (unet.inChannels !== vaeDecoder.latentChannels) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet in ${path} takes ${unet.inChannels} channels, those of an image or a mask among them; text to image has ` +
        `the ${vaeDecoder.latentChannels} of the latents`,
    );
  }
  const [other] = unet.optionalInputs;
  if (other === undefined) return components;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The UNet in ${path} takes ${other}, which this pipeline does not have`,
  );
}
