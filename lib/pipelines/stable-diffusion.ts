import { InferenceContext, type LatentSize, type UNetShape } from '../components/index.js';
import { DisposedError } from '../common/errors.js';
import type { SaveExportOptions } from '../models/index.js';
import { GeneratedImage, pixelsFromTensor } from '../image/index.js';
import { wrongValue } from '../common/options.js';
import type { Core } from '../runtime/index.js';
import { Scheduler } from '../schedulers/index.js';
import { loadComponents, type StableDiffusionComponents } from './components.js';
import { compileSettings } from './compile-settings.js';
import { denoise } from '../denoising/denoise.js';
import { encodePrompts } from '../prompts/encode.js';
import { parseGenerateOptions, type GenerateOptions, type OutputType } from './generate-options.js';
import type { GenerateResult, RawImage } from './generate-result.js';
import type { ModelFolder } from '../models/loading/model-folder.js';
import { noiseSource } from '../denoising/noise.js';
import { openModel } from '../models/loading/open-model.js';
import { generationParameters } from './parameters.js';
import {
  parsePipelineOptions,
  parseReshapeOptions,
  type ComponentProgress,
  parseSingleFileOptions,
  type PipelineOptions,
  type ReshapeOptions,
  type SingleFileOptions,
} from './pipeline-options.js';
import {
  latentSize,
  requireShape,
  resolveRequest,
  type GenerateRequest,
  type StaticShape,
} from './request.js';
import { openSingleFile } from '../models/loading/open-single-file.js';

/**
 * Text to image with Stable Diffusion 1.x and 2.x on OpenVINO; diffusers' `StableDiffusionPipeline` and
 * optimum-intel's `OVStableDiffusionPipeline`, in Node.
 *
 * Calls may overlap: each pipeline does one thing at a time, in the order of the calls.
 */
export class OVStableDiffusionPipeline implements AsyncDisposable {
  /** The loaded models. */
  readonly components: StableDiffusionComponents;
  /** The precision the networks compute in; undefined where OpenVINO decides per network. */
  readonly inferencePrecision: string | undefined;
  readonly #model: ModelFolder;
  readonly #options: PipelineOptions;
  readonly #calls = new Set<AbortController>();
  #disposed = false;
  #scheduler: Scheduler;
  #static: StaticShape | undefined;

  private constructor(
    model: ModelFolder,
    components: StableDiffusionComponents,
    scheduler: Scheduler,
    precision: string | undefined,
    options: PipelineOptions,
  ) {
    this.#model = model;
    this.components = components;
    this.#scheduler = scheduler;
    this.inferencePrecision = precision;
    this.#options = options;
  }

  /**
   * Loads a model: a folder that optimum-intel or `savePretrained` wrote (versions 1.7 to 2.2), or one in diffusers'
   * own layout, with weights in safetensors, which is exported on the way. Where there is no such folder, it is a
   * model of the Hugging Face hub, in either layout, which is downloaded once into the cache that huggingface_hub
   * keeps too. Networks are read, not yet compiled: that happens in `reshape`, in `compile`, or at the first
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
    if (typeof idOrFolder !== 'string' || idOrFolder === '') {
      throw wrongValue('a path or an id', 'idOrFolder', idOrFolder);
    }
    const parsed = parsePipelineOptions(options);
    return this.#load(parsed, (core) => openModel(idOrFolder, parsed, core));
  }

  /**
   * Loads an original checkpoint: one safetensors file that holds all networks under the names of the first
   * implementation, as models of Stable Diffusion 1.x and 2.x are often shared. It is exported on the way, its
   * weights staying in the file until networks are compiled.
   *
   * What the tensors' shapes do not tell is as diffusers has it: CLIP's tokenizer, which comes with this package, and
   * the scheduler of Stable Diffusion 1.5 (PNDM) or 2.1 (DDIM, predicting velocities).
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
    if (typeof path !== 'string' || path === '') throw wrongValue('a path', 'path', path);
    const { weightFormat, clipSkip, predictionType, config, tokenizer, ...rest } =
      parseSingleFileOptions(options);
    return this.#load(rest, () =>
      openSingleFile(path, { weightFormat, clipSkip, predictionType, config, tokenizer }),
    );
  }

  static async #load(
    options: PipelineOptions,
    open: (core: Core) => Promise<ModelFolder>,
  ): Promise<OVStableDiffusionPipeline> {
    const settings = await compileSettings(options);
    const model = await open(settings.core);
    const { onProgress = () => undefined, signal } = options;
    const { scheduler, ...components } = await loadComponents(model, settings, onProgress, signal);
    const precision = settings.properties.INFERENCE_PRECISION_HINT;
    return new OVStableDiffusionPipeline(model, components, scheduler, precision, options);
  }

  /** The scheduler; each generation takes a fresh copy of it, so one scheduler may serve several pipelines. */
  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** @throws InvalidArgumentError for anything but a scheduler */
  set scheduler(scheduler: Scheduler) {
    if (!(scheduler instanceof Scheduler)) throw wrongValue('a Scheduler', 'scheduler', scheduler);
    this.#scheduler = scheduler;
  }

  /**
   * Makes the networks static for one shape, as optimum-intel's `reshape`, and compiles them: the UNet's batch is
   * batchSize × numImagesPerPrompt, doubled with guidance. May be called again, for another shape, at any time;
   * what was compiled for other shapes is freed.
   *
   * @returns this pipeline
   * @throws InvalidArgumentError, InferenceError
   */
  async reshape(options: ReshapeOptions): Promise<this> {
    const shape = parseReshapeOptions(options);
    const size = latentSize(shape.width, shape.height, this.components.vaeScaleFactor);
    const rows = shape.batchSize * shape.numImagesPerPrompt * (shape.guidance ? 2 : 1);
    return this.#exclusively(async () => {
      const { unet, vaeDecoder, tokenizer } = this.components;
      const unetShape = { ...size, batch: rows, tokens: tokenizer.maxLength };
      await unet.keepOnly(unetShape);
      await vaeDecoder.keepOnly(size);
      await this.#compile(unetShape, size);
      this.#static = shape;
      return this;
    });
  }

  /** Compiles now what the next `generate` would compile: the reshaped size, or networks for every size. */
  async compile(): Promise<this> {
    if (this.#static) return this.reshape(this.#static);
    return this.#exclusively(async () => {
      await this.#compile('dynamic', 'dynamic');
      return this;
    });
  }

  /**
   * Writes the model in optimum-intel's layout, with the present scheduler, so that it loads without an export here
   * and in optimum-intel; openvino-genai wants an openvino_tokenizer.xml besides. The folder is written whole or not at all.
   *
   * @param target - a folder that is made, or with `overwrite` replaced
   * @throws SaveError when the target exists or cannot be written
   * @throws InvalidArgumentError
   * @throws the signal's reason when aborted
   */
  async savePretrained(target: string, options: SaveExportOptions = {}): Promise<void> {
    if (typeof target !== 'string' || target === '') throw wrongValue('a path', 'target', target);
    if (this.#disposed) throw new DisposedError('The pipeline');
    await this.#model.save(target, this.#scheduler, options);
  }

  /**
   * Draws pictures.
   *
   * After `reshape`, a request of another shape compiles networks for it first and keeps them (`maxCompiledShapes`),
   * or is refused (`strictShapes`).
   *
   * @param prompt - one prompt, or several for one batch
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   */
  async generate<Output extends OutputType = 'image'>(
    prompt: string | readonly string[],
    options: GenerateOptions & { outputType?: Output | undefined } = {},
  ): Promise<GenerateResult<Output>> {
    const parsed = parseGenerateOptions(options);
    const request = resolveRequest(prompt, parsed, this.components, this.#static);
    const scheduler = this.#scheduler;
    const result = await this.#exclusively(
      (signal) => this.#generate(request, { ...parsed, signal }, scheduler.clone()),
      parsed.signal,
    );
    return result as unknown as GenerateResult<Output>;
  }

  /**
   * Ends what runs, refuses what waits, and frees all memory. Calls under way reject with DisposedError.
   */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const call of this.#calls) call.abort(new DisposedError('The pipeline'));
    const { queue, textEncoder, unet, vaeDecoder, vaeEncoder } = this.components;
    await queue.close();
    await Promise.all([textEncoder, unet, vaeDecoder].map((component) => component.dispose()));
    await vaeEncoder?.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #generate(
    request: GenerateRequest,
    options: GenerateOptions,
    scheduler: Scheduler,
  ): Promise<GenerateResult<OutputType>> {
    const start = performance.now();
    const context = new InferenceContext(options.signal);
    const { tokenizer, textEncoder, unet } = this.components;
    const { images, latentSize: size } = request;
    if (this.#static && this.#options.strictShapes) requireShape(request, this.#static);

    const shape = [images, unet.inChannels, size.height, size.width];
    const noise = noiseSource(options, shape);
    scheduler.setTimesteps(request.numInferenceSteps);

    const states = await encodePrompts(request, tokenizer, textEncoder, context);
    const batch = request.negativePrompts ? images * 2 : images;
    const unetShape: UNetShape = { ...size, batch, tokens: tokenizer.maxLength };
    const session = await unet.session(unetShape, this.#static ? unetShape : 'dynamic', states, context);

    const { latents, stopped, secondsPerStep } = await denoise({
      session,
      scheduler,
      latents: noise.latents.map((value) => value * scheduler.initNoiseSigma),
      images,
      guidanceScale: request.guidanceScale,
      eta: request.eta,
      noise: noise.next,
      signal: options.signal,
      onStep: options.onStep,
    });

    const output =
      options.outputType === 'latent'
        ? { latents: { data: latents, shape } }
        : { images: await this.#decode(latents, request, context) };
    if ('images' in output && options.outputType !== 'raw') {
      const describe = generationParameters(request, scheduler, this.components.name);
      output.images = output.images.map((image, i) => {
        const seed = noise.seeds[i];
        return new GeneratedImage({ ...image, seed, parameters: describe(i, seed) });
      });
    }
    const timings = {
      totalSeconds: (performance.now() - start) / 1000,
      inferenceSeconds: context.inferenceSeconds,
      secondsPerStep,
    };
    return { ...output, seeds: noise.seeds, stopped, timings };
  }

  async #decode(
    latents: Float32Array,
    request: GenerateRequest,
    context: InferenceContext,
  ): Promise<RawImage[]> {
    const { vaeDecoder, scalingFactor } = this.components;
    const { latentSize: size, images } = request;
    const each = latents.length / images;
    const scaled = latents.map((value) => value / scalingFactor);
    const decoded: RawImage[] = [];
    for (let image = 0; image < images; image++) {
      const one = scaled.subarray(image * each, (image + 1) * each);
      const variant = this.#static ? size : 'dynamic';
      const [data] = await vaeDecoder.decode(one, size, variant, context, pixelsFromTensor);
      decoded.push({ data: data!, width: request.width, height: request.height, channels: 3 });
    }
    return decoded;
  }

  async #compile(unetShape: UNetShape | 'dynamic', size: LatentSize | 'dynamic'): Promise<void> {
    const { textEncoder, unet, vaeDecoder, tokenizer } = this.components;
    const steps: [ComponentProgress['component'], () => Promise<void>][] = [
      ['text encoder', () => textEncoder.compile(tokenizer.maxLength)],
      ['UNet', () => unet.compile(unetShape)],
      ['VAE decoder', () => vaeDecoder.compile(size)],
    ];
    // One after another: each compilation uses every core, and memory peaks at one network.
    for (const [index, [component, compile]] of steps.entries()) {
      await compile();
      this.#options.onProgress?.({ phase: 'compile', component, done: index + 1, total: steps.length });
    }
  }

  /** Waits for its turn; ends early when the caller aborts or the pipeline is disposed. */
  async #exclusively<T>(task: (signal: AbortSignal) => Promise<T>, callers?: AbortSignal): Promise<T> {
    if (this.#disposed) throw new DisposedError('The pipeline');
    callers?.throwIfAborted();
    // Not AbortSignal.any: what it hangs on a signal that lives long is never let go.
    const call = new AbortController();
    const forward = (): void => {
      call.abort(callers?.reason);
    };
    callers?.addEventListener('abort', forward, { once: true });
    this.#calls.add(call);
    try {
      return await this.components.queue.run(() => task(call.signal), call.signal);
    } finally {
      this.#calls.delete(call);
      callers?.removeEventListener('abort', forward);
    }
  }
}
