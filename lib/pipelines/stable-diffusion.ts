import { raceAbort } from '../common/abort.js';
import {
  InferenceContext,
  requireMemory,
  STATIC_SHAPES,
  type RequiredMemory,
  type ShapePolicy,
  type UNetInputs,
  type UNetShape,
} from '../components/index.js';
import {
  denoise,
  guidanceScaleEmbedding,
  isPartial,
  noiseSource,
  type Denoised,
  type Latents,
} from '../denoising/index.js';
import { countChunks, encodePrompts, syntaxOf } from '../prompts/index.js';
import {
  encodeOrGiven,
  parseEncodePromptOptions,
  splitEncoded,
  tokensOf,
  type Encoded,
  type EncodedPrompt,
  type EncodeTextsArguments,
  type EncodePromptOptions,
} from './encode-prompt.js';
import { checkEmbeds, type Prompt } from './prompt-embeds.js';
import { setSchedule, type Scheduler } from '../schedulers/index.js';
import { bindPredictor } from './bind-predictor.js';
import type { Generation, Plan, Start } from './generation.js';
import { describeComponents, type ComponentDescription, type DescribedComponents } from './components.js';
import { checkImages } from './check-images.js';
import { decodeLatents } from './decode-latents.js';
import {
  decodeToImages,
  encodeToLatents,
  type DecodeOptions,
  type EncodeImageOptions,
} from './decode-and-encode.js';
import {
  STABLE_DIFFUSION_RGB,
  type GeneratedImage,
  type ImageInput,
  type LatentRgbFactors,
} from '../image/index.js';
import type { GenerateOptions, OutputType } from './generate-options.js';
import type { GenerateResult, RawImage } from './generate-result.js';
import { generationParameters, syntaxParameters } from './generation-parameters.js';
import type { LatentDiffusionComponents, StableDiffusionComponents } from './load-components.js';
import { OUTPUTS } from './outputs.js';
import { OVDiffusionPipeline, type CompileStep } from './pipeline.js';
import { withPreviews, type PreviewSetup } from './preview.js';
import type { PipelineInit } from './pipeline-init.js';
import {
  checkRequest,
  defined,
  latentSize,
  resolveRequest,
  shapeOf,
  textsOf,
  type GenerateRequest,
  type RequestTexts,
} from './request.js';
import type { StaticShape } from './reshape-options.js';

/**
 * What the pipelines of latent diffusion have in common: prompts are encoded, the UNet predicts, the VAE decodes. Families
 * of models differ in what the UNet is conditioned on, their pipelines in what the loop starts from.
 */
export abstract class LatentDiffusionPipeline<
  Components extends LatentDiffusionComponents & ComponentDescription,
> extends OVDiffusionPipeline<Components> {
  /** Tokens of a prompt. */
  protected abstract readonly tokens: number;

  /** The colours of its latents. */
  protected readonly rgbFactors: LatentRgbFactors = STABLE_DIFFUSION_RGB;

  /** Width of the pooled text that the UNet takes; undefined where it takes none. */
  protected get pooledWidth(): number | undefined {
    return undefined;
  }

  /**
   * Encodes texts that are not given as embeddings; see `Encoded`.
   *
   * @throws InferenceError; the signal's reason
   */
  protected abstract encodeTexts(...of: EncodeTextsArguments): Promise<Encoded>;

  /** The UNet's inputs beside the sample and the timestep, one row for each of its own. */
  protected abstract condition(generation: Generation): Promise<UNetInputs>;

  /**
   * How many chunks the longest text of a request has.
   *
   * @throws InvalidArgumentError for texts that cannot be parsed
   */
  protected abstract countChunks(texts: RequestTexts, options: GenerateOptions): number;

  /** The text encoders in the order they are compiled. */
  protected abstract textEncoderSteps(): readonly CompileStep[];

  /**
   * Generates when earlier calls have ended.
   *
   * @param options - checked against the pipeline's own schema; whether they fit each other is checked here
   * @param plan - called at once; what it reads is read while earlier calls run, and fails without waiting for them
   */
  protected async generateFrom<Output extends OutputType>(
    prompt: Prompt,
    options: GenerateOptions,
    plan: () => Plan | Promise<Plan>,
  ): Promise<GenerateResult<Output>> {
    checkRequest(prompt, options, this.components.vaeScaleFactor);
    const texts = textsOf(prompt, options);
    checkEmbeds(options, {
      width: this.components.unet.crossAttentionDim,
      pooledWidth: this.pooledWidth,
      tokens: this.tokens,
      chunks: this.countChunks(texts, options),
      prompts: texts.prompts.length,
    });
    const scheduler = this.scheduler.clone();
    // A schedule that the scheduler does not take is refused here, not in its turn.
    if (options.timesteps ?? options.sigmas) setSchedule(scheduler.clone(), options);
    const outputType = (options.outputType ?? 'image') as Output;
    this.calls.requireOpen();
    const planning = plan();
    const generating = this.calls.run(async (signal) => {
      const planned = planning instanceof Promise ? await raceAbort(planning, signal) : planning;
      const request = this.#resolve(prompt, { ...planned.size, ...defined(options) });
      return this.#generate(request, { ...options, signal }, scheduler, outputType, planned);
    }, options.signal);
    const [, result] = await Promise.all([planning, generating]);
    return result;
  }

  /**
   * Encodes prompts, for `generate` to take in place of them: what it returns gives the same image.
   *
   * @param options - how `generate` would be called
   * @throws InvalidArgumentError, InferenceError, DisposedError; the signal's reason
   * @example
   * ```ts
   * const embeds = await pipeline.encodePrompt('a lighthouse', { negativePrompt: 'fog' });
   * const { images } = await pipeline.generate(undefined, { ...embeds, seed: 7 });
   * ```
   */
  async encodePrompt(
    prompt: string | readonly string[],
    options: EncodePromptOptions = {},
  ): Promise<EncodedPrompt> {
    const parsed = parseEncodePromptOptions(options, this.pooledWidth !== undefined);
    const texts = textsOf(prompt, parsed);
    this.countChunks(texts, parsed);
    return this.calls.run(async (signal) => {
      const request = { ...texts, numImagesPerPrompt: 1 };
      const guided = parsed.guidance === false ? { ...request, negativePrompts: undefined } : request;
      const encoded = await this.encodeTexts(guided, parsed, new InferenceContext(signal));
      return splitEncoded(guided, encoded, this.components.unet.crossAttentionDim);
    }, parsed.signal);
  }

  /**
   * Decodes latents to images, as `generate` does at its end. Works inside `onStep` too: the generation waits there.
   *
   * @param latents - shape [images, channels, height, width], as schedulers have them; from `outputType: 'latent'`, or
   * in `onStep` `{ data: latents, shape: [images, 4, height / 8, width / 8] }`
   * @throws ShapeMismatchError for latents of another number of channels
   * @throws InferenceError, DisposedError; the signal's reason
   * @example
   * ```ts
   * const { latents } = await pipeline.generate('a lighthouse', { outputType: 'latent' });
   * const [image] = await pipeline.decode(latents);
   * ```
   */
  async decode(latents: Latents, options: DecodeOptions = {}): Promise<GeneratedImage[]> {
    return decodeToImages(this.components, this.calls, this.shapes, latents, options);
  }

  /**
   * Encodes images to latents, as image-to-image does. Works inside `onStep` too.
   *
   * @param image - one image, or several of one size
   * @returns shape [images, channels, height, width], scaled as schedulers take them
   * @throws InvalidArgumentError; ModelLoadError `INCOMPATIBLE_COMPONENTS` without a VAE encoder
   * @throws InferenceError, DisposedError; the signal's reason
   * @example
   * ```ts
   * const latents = await pipeline.encode('photo.png');
   * const { images } = await imageToImage.generate('winter', { image: latents, strength: 0.5 });
   * ```
   */
  async encode(
    image: ImageInput | readonly ImageInput[],
    options: EncodeImageOptions = {},
  ): Promise<Latents> {
    return encodeToLatents(this.components, this.calls, this.shapes, image, options);
  }

  protected override requireShape(shape: StaticShape): void {
    latentSize(shape, this.components.vaeScaleFactor);
  }

  protected override compileSteps(shape: StaticShape | undefined): readonly CompileStep[] {
    const { unet, vaeDecoder, safetyChecker, vaeScaleFactor } = this.components;
    const size = shape ? latentSize(shape, vaeScaleFactor) : 'dynamic';
    return [
      ...this.textEncoderSteps(),
      { component: 'unet', compile: () => unet.compile(shape ? this.#unetShape(shape) : 'dynamic') },
      { component: 'vae_decoder', compile: () => vaeDecoder.compile(size) },
      ...(safetyChecker
        ? [{ component: 'safety_checker', compile: () => safetyChecker.compile() } as const]
        : []),
    ];
  }

  protected override async keepOnly(shape: StaticShape): Promise<void> {
    const { unet, vaeDecoder, vaeScaleFactor } = this.components;
    const needed = this.#memoryFor(shape, STATIC_SHAPES);
    // A size that cannot fit whatever is evicted leaves the compiled one as it is.
    requireMemory(needed.map((network) => ({ ...network, weights: 0 })));
    // What another pipeline holds too may be compiled for that one's shape.
    if (unet.holders === 1) await unet.keepOnly(this.#unetShape(shape));
    if (vaeDecoder.holders === 1) await vaeDecoder.keepOnly(latentSize(shape, vaeScaleFactor));
    requireMemory(needed);
  }

  protected override guides(wanted = this.generationDefaults.guidanceScale > 1): boolean {
    return wanted && this.#guidanceWidth === undefined;
  }

  get #guidanceWidth(): number | undefined {
    return this.components.unet.guidanceEmbeddingWidth;
  }

  #resolve(prompt: Prompt, options: GenerateOptions): GenerateRequest {
    const { vaeScaleFactor, unet } = this.components;
    const { sampleSize } = unet;
    const request = resolveRequest(prompt, options, {
      vaeScaleFactor,
      sampleSize,
      reshaped: this.shapes.shape,
      ...this.generationDefaults,
      embedsGuidance: this.#guidanceWidth !== undefined,
    });
    const shape = shapeOf(request);
    this.shapes.require(shape);
    if (shape.guidance && isPartial(options)) this.shapes.require({ ...shape, guidance: false });
    const given = options.promptEmbeds ?? options.negativePromptEmbeds;
    const tokens = given?.shape[1] ?? this.countChunks(request, options) * this.tokens;
    this.shapes.requireTokens(tokens, this.tokens);
    return request;
  }

  async #generate<Output extends OutputType>(
    resolved: GenerateRequest,
    options: GenerateOptions,
    scheduler: Scheduler,
    outputType: Output,
    plan: Plan,
  ): Promise<GenerateResult<Output>> {
    const begun = performance.now();
    const context = new InferenceContext(options.signal);
    const { unet, vaeDecoder, safetyChecker, model } = this.components;
    const { images, latentSize: size } = resolved;
    const shape = [images, unet.outChannels, size.height, size.width];
    const noise = noiseSource(options, shape);
    const { timesteps, sigmas } = options;
    const { numInferenceSteps } = resolved;
    setSchedule(scheduler, { ...plan.schedule, timesteps, sigmas, numInferenceSteps });
    const isCustom = timesteps !== undefined || sigmas !== undefined;
    const ofSchedule = Math.ceil(scheduler.timesteps.length / scheduler.order);
    const request = isCustom ? { ...resolved, numInferenceSteps: ofSchedule } : resolved;
    const checks = outputType === 'latent' ? [] : [safetyChecker?.requiredMemory() ?? []].flat();
    requireMemory([
      ...this.#memoryFor(shapeOf(request), this.shapes, plan.encodes, isPartial(options)),
      ...checks,
    ]);

    const generation = { request, options, scheduler, noise, shape, context };
    const start = await plan.start(generation);
    const { latents, stopped, secondsPerStep } = await this.#denoise(generation, start);
    let nsfwContentDetected: readonly boolean[] | undefined;
    const decode = async (): Promise<RawImage[]> => {
      const images = await decodeLatents(latents, request, vaeDecoder, this.shapes, context);
      if (safetyChecker) nsfwContentDetected = await checkImages(images, safetyChecker, context);
      return plan.finish ? plan.finish(images, request) : images;
    };
    const ownParameters = plan.parameters ?? {};
    const output = await OUTPUTS[outputType]({
      latents,
      shape,
      seeds: noise.seeds,
      decode,
      describe: generationParameters(request, {
        scheduler,
        model,
        modelSchedulerConfig: await model.schedulerConfig().catch(() => ({})),
        inferencePrecision: this.inferencePrecision,
        sharesSeed: options.seed !== undefined,
        guidance: options,
        ownParameters: { ...syntaxParameters(options), ...ownParameters },
      }),
    });
    const timings = {
      totalSeconds: (performance.now() - begun) / 1000,
      inferenceSeconds: context.inferenceSeconds,
      secondsPerStep,
    };
    return { ...output, seeds: noise.seeds, stopped, nsfwContentDetected, timings };
  }

  async #denoise(generation: Generation, start: Start): Promise<Denoised> {
    const { request, options, scheduler, noise, context } = generation;
    const { latents, firstIndex, endIndex, afterStep } = start;
    const { unet } = this.components;
    const { images } = request;
    const inputs = { ...(await this.condition(generation)), ...this.#embeddedGuidance(request) };
    const tokens = tokensOf(inputs, unet, request);
    const shapeFor = (guidance: boolean): UNetShape =>
      this.#unetShape({ ...shapeOf(request), guidance }, tokens);
    if (tokens !== this.tokens) {
      requireMemory([unet.requiredMemory(shapeFor(shapeOf(request).guidance), this.shapes)]);
    }
    const policy = this.shapes;
    const predictor = await bindPredictor(generation, start, { unet, inputs, policy, shapeFor });
    return denoise({
      latents,
      ...(firstIndex !== undefined && { firstIndex }),
      ...(endIndex !== undefined && { endIndex }),
      ...(afterStep && { afterStep }),
      predictor,
      scheduler,
      numInferenceSteps: request.numInferenceSteps,
      images,
      eta: request.eta,
      noise: noise.next,
      signal: context.signal,
      onStep: options.onStep && withPreviews(options.onStep, this.#previews(request)),
    });
  }

  /** The guidance scale as an input of the UNet, where it has one. */
  #embeddedGuidance({ guidanceScale, images }: GenerateRequest): UNetInputs {
    const width = this.#guidanceWidth;
    if (width === undefined) return {};
    return { timestep_cond: guidanceScaleEmbedding(guidanceScale, width, images) };
  }

  #previews(request: GenerateRequest): PreviewSetup {
    const { components, calls, shapes: policy, rgbFactors } = this;
    return { components, calls, policy, request, rgbFactors };
  }

  /** @param partial - whether guidance is off in some steps */
  #memoryFor(shape: StaticShape, policy: ShapePolicy, encodes = false, partial = false): RequiredMemory[] {
    const { unet, vaeDecoder, vaeEncoder, vaeScaleFactor } = this.components;
    const unguided = this.#unetShape({ ...shape, guidance: false });
    // One network takes both batches where shapes are dynamic.
    const hasBoth = partial && shape.guidance && policy.select(unguided) !== 'dynamic';
    return [
      ...(encodes && vaeEncoder ? [vaeEncoder.requiredMemory(shape, policy)] : []),
      ...(hasBoth ? [unet.requiredMemory(unguided, policy)] : []),
      unet.requiredMemory(this.#unetShape(shape), policy),
      vaeDecoder.requiredMemory(latentSize(shape, vaeScaleFactor), policy),
    ];
  }

  #unetShape(shape: StaticShape, tokens = this.tokens): UNetShape {
    const { vaeScaleFactor } = this.components;
    const images = shape.batchSize * shape.numImagesPerPrompt;
    return {
      ...latentSize(shape, vaeScaleFactor),
      batch: shape.guidance ? images * 2 : images,
      tokens,
    };
  }
}

/** The pipelines of Stable Diffusion 1.x and 2.x. */
export abstract class StableDiffusionPipeline extends LatentDiffusionPipeline<DescribedComponents> {
  protected override readonly defaults = { guidanceScale: 7.5 };

  protected constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    super(describeComponents(components), scheduler, init);
  }

  protected override get tokens(): number {
    return this.components.tokenizer.maxLength;
  }

  protected override async condition({ request, options, context }: Generation): Promise<UNetInputs> {
    const { states } = await encodeOrGiven(request, options, this.tokens, (...args) =>
      this.encodeTexts(...args, context),
    );
    return { encoder_hidden_states: states };
  }

  protected override async encodeTexts(...of: EncodeTextsArguments): Promise<Encoded> {
    const [texts, options, context] = of;
    const { tokenizer, textEncoder } = this.components;
    const batch = { ...syntaxOf(options), ...texts };
    return { states: await encodePrompts(batch, tokenizer, textEncoder, context) };
  }

  protected override countChunks(texts: RequestTexts, options: GenerateOptions): number {
    const all = [...texts.prompts, ...(texts.negativePrompts ?? [])];
    return countChunks(all, this.components.tokenizer, options);
  }

  protected override textEncoderSteps(): readonly CompileStep[] {
    const { textEncoder } = this.components;
    return [{ component: 'text_encoder', compile: () => textEncoder.compile(this.tokens) }];
  }
}

/** What text to image starts from. */
export function pureNoise({ noise, scheduler }: Generation): Start {
  // Once: some schedulers look through all sigmas for it.
  const { initNoiseSigma } = scheduler;
  return { latents: noise.latents.map((value) => value * initNoiseSigma) };
}
