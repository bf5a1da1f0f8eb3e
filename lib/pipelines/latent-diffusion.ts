import { raceAbort } from '../common/abort.js';
import { defined } from '../common/defined.js';
import { InferenceContext, requireMemory, STATIC_SHAPES, type UNetInputs } from '../components/index.js';
import { isPartial, type Latents } from '../denoising/index.js';
import {
  STABLE_DIFFUSION_RGB,
  type GeneratedImage,
  type ImageInput,
  type LatentRgbFactors,
} from '../image/index.js';
import { setSchedule, type Scheduler } from '../schedulers/index.js';
import type { CompileStep } from './compile-networks.js';
import type { ComponentDescription } from './components.js';
import {
  decodeToImages,
  encodeToLatents,
  type DecodeOptions,
  type EncodeImageOptions,
} from './decode-and-encode.js';
import {
  parseEncodePromptOptions,
  splitEncoded,
  type Encoded,
  type EncodedPrompt,
  type EncodePromptOptions,
  type EncodeTextsArguments,
} from './encode-prompt.js';
import type { GenerateOptions, OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import type { Generation, Plan } from './generation.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { memoryFor, unetShape } from './network-shapes.js';
import { OVDiffusionPipeline } from './pipeline.js';
import { checkEmbeds, type Prompt } from './prompt-embeds.js';
import {
  checkRequest,
  latentSize,
  resolveRequest,
  shapeOf,
  textsOf,
  type GenerateRequest,
  type RequestTexts,
} from './request.js';
import type { StaticShape } from './reshape-options.js';
import { runGeneration, type GenerationSetup } from './run-generation.js';

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
      return runGeneration(request, { ...options, signal }, outputType, planned, this.#setup(scheduler));
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
      {
        component: 'unet',
        compile: () => unet.compile(shape ? unetShape(shape, vaeScaleFactor, this.tokens) : 'dynamic'),
      },
      { component: 'vae_decoder', compile: () => vaeDecoder.compile(size) },
      ...(safetyChecker
        ? [{ component: 'safety_checker', compile: () => safetyChecker.compile() } as const]
        : []),
    ];
  }

  protected override async keepOnly(shape: StaticShape): Promise<void> {
    const { unet, vaeDecoder, vaeScaleFactor } = this.components;
    const needed = memoryFor(this.components, shape, STATIC_SHAPES, { tokens: this.tokens });
    // A size that cannot fit whatever is evicted leaves the compiled one as it is.
    requireMemory(needed.map((network) => ({ ...network, weights: 0 })));
    // What another pipeline holds too may be compiled for that one's shape.
    if (unet.holders === 1) await unet.keepOnly(unetShape(shape, vaeScaleFactor, this.tokens));
    if (vaeDecoder.holders === 1) await vaeDecoder.keepOnly(latentSize(shape, vaeScaleFactor));
    requireMemory(needed);
  }

  protected override guides(wanted = this.generationDefaults.guidanceScale > 1): boolean {
    return wanted && this.components.unet.guidanceEmbeddingWidth === undefined;
  }

  #setup(scheduler: Scheduler): GenerationSetup {
    const { components, shapes: policy, calls, tokens, rgbFactors } = this;
    return {
      ...{ components, policy, calls, tokens, rgbFactors, scheduler },
      condition: (generation) => this.condition(generation),
      inferencePrecision: () => this.inferencePrecision,
    };
  }

  #resolve(prompt: Prompt, options: GenerateOptions): GenerateRequest {
    const { vaeScaleFactor, unet } = this.components;
    const { sampleSize } = unet;
    const request = resolveRequest(prompt, options, {
      vaeScaleFactor,
      sampleSize,
      reshaped: this.shapes.shape,
      ...this.generationDefaults,
      embedsGuidance: unet.guidanceEmbeddingWidth !== undefined,
    });
    const shape = shapeOf(request);
    this.shapes.require(shape);
    if (shape.guidance && isPartial(options)) this.shapes.require({ ...shape, guidance: false });
    const given = options.promptEmbeds ?? options.negativePromptEmbeds;
    const tokens = given?.shape[1] ?? this.countChunks(request, options) * this.tokens;
    this.shapes.requireTokens(tokens, this.tokens);
    return request;
  }
}
