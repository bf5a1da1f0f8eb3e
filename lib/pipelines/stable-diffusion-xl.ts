import type { InferenceContext, UNetInputs } from '../components/index.js';
import { STABLE_DIFFUSION_XL_RGB } from '../image/index.js';
import { ModelLoadError } from '../common/errors.js';
import { countChunks, encodeXlPrompts, syntaxOf, type XlTexts } from '../prompts/index.js';
import type { Scheduler } from '../schedulers/index.js';
import { describeXLComponents, xlFlags, type DescribedXLComponents } from './components.js';
import type { StableDiffusionXLComponents } from './load-components.js';
import type { CompileStep } from './compile-networks.js';
import type { PipelineInit } from './pipeline-init.js';
import type { Generation } from './generation.js';
import { LatentDiffusionPipeline } from './latent-diffusion.js';
import type { GenerateOptions } from './generate-options.js';
import { encodeOrGiven, type Encoded, type EncodedTexts } from './encode-prompt.js';
import type { PromptEmbeds } from './prompt-embeds.js';
import type { RequestTexts } from './request.js';
import { timeIds } from './time-ids.js';
import { perPrompt, type XLOptions } from './xl-options.js';

/** Inputs that every UNet of Stable Diffusion XL has beside those of 1.x and 2.x. */
const XL_INPUTS = ['text_embeds', 'time_ids'];

/**
 * What the pipelines of Stable Diffusion XL have in common: two text encoders, or a refiner's one, whose states stand side
 * by side, and a UNet that also takes the pooled text and the sizes of its training images.
 *
 * @see https://arxiv.org/abs/2307.01952 — "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis"
 */
export abstract class StableDiffusionXLPipeline extends LatentDiffusionPipeline<DescribedXLComponents> {
  protected override readonly defaults = { guidanceScale: 5 };
  protected override readonly rgbFactors = STABLE_DIFFUSION_XL_RGB;
  /** Whether time ids are made as diffusers' text to image makes them. */
  protected abstract readonly isTextToImage: boolean;

  protected constructor(components: StableDiffusionXLComponents, scheduler: Scheduler, init?: PipelineInit) {
    const described = describeXLComponents(components);
    requireXLInputs(described);
    super(described, scheduler, init);
  }

  protected override get tokens(): number {
    return this.components.tokenizer2.maxLength;
  }

  protected override get pooledWidth(): number | undefined {
    return this.components.textEncoder2.projectionDim;
  }

  /** Layers that `clipSkip` can leave out some of. */
  protected get layers(): number {
    const { textEncoder, textEncoder2 } = this.components;
    const counts = [textEncoder, textEncoder2].flatMap((encoder) => encoder?.hiddenStateCount ?? []);
    return Math.min(...counts);
  }

  protected override async condition({ request, options, context }: Generation): Promise<UNetInputs> {
    const xl = options as XLOptions;
    const { height, width, images } = request;
    const { requiresAestheticsScore } = xlFlags(this.components.model);
    const { states, pooled } = await encodeOrGiven(
      request,
      this.#withZeros(options),
      this.tokens,
      (...args) => this.encodeTexts(...args, context),
    );
    const guidance = request.negativePrompts !== undefined;
    const { isTextToImage } = this;
    return {
      encoder_hidden_states: states,
      text_embeds: pooled!,
      time_ids: timeIds(xl, { height, width, images, guidance, requiresAestheticsScore, isTextToImage }),
    };
  }

  protected override async encodeTexts(
    texts: EncodedTexts,
    options: GenerateOptions,
    context: InferenceContext,
  ): Promise<Encoded> {
    const { clipSkip } = options as XLOptions;
    const { numImagesPerPrompt, minChunks } = texts;
    const encoding = { ...syntaxOf(options), numImagesPerPrompt, minChunks, clipSkip };
    const encoded = await encodeXlPrompts(this.#texts(texts, options), encoding, context);
    return { states: encoded.promptEmbeds, pooled: encoded.pooledPromptEmbeds };
  }

  /** Negative prompts that are zeros have the shape of the embeddings that are given. */
  #withZeros(options: GenerateOptions & XLOptions): GenerateOptions & XLOptions {
    const { promptEmbeds, pooledPromptEmbeds, negativePrompt, negativePromptEmbeds } = options;
    const isZeros = negativePrompt === undefined && xlFlags(this.components.model).forceZerosForEmptyPrompt;
    if (!promptEmbeds || !pooledPromptEmbeds || negativePromptEmbeds || !isZeros) return options;
    const zeros = ({ data, shape }: PromptEmbeds): PromptEmbeds => ({
      data: new Float32Array(data.length),
      shape,
    });
    return {
      ...options,
      negativePromptEmbeds: zeros(promptEmbeds),
      negativePooledPromptEmbeds: zeros(pooledPromptEmbeds),
    };
  }

  protected override countChunks(texts: RequestTexts, options: GenerateOptions): number {
    const counts = this.#texts(texts, options).map(({ tokenizer, prompts, negativePrompts = [] }) =>
      countChunks([...prompts, ...(negativePrompts === 'zeros' ? [] : negativePrompts)], tokenizer, options),
    );
    return Math.max(...counts);
  }

  protected override textEncoderSteps(): readonly CompileStep[] {
    const { textEncoder, textEncoder2 } = this.components;
    return [
      ...(textEncoder
        ? [{ component: 'text_encoder', compile: () => textEncoder.compile(this.tokens) } as const]
        : []),
      { component: 'text_encoder_2', compile: () => textEncoder2.compile(this.tokens) },
    ];
  }

  /** What each text encoder encodes. */
  #texts({ prompts, negativePrompts }: RequestTexts, options: XLOptions): XlTexts[] {
    const { tokenizer, textEncoder, tokenizer2, textEncoder2, model } = this.components;
    const { prompt2, negativePrompt, negativePrompt2 } = options;
    // None are to be encoded where they are given as embeddings.
    const isGiven = negativePrompts?.length === 0;
    const zeros = negativePrompt === undefined && !isGiven && xlFlags(model).forceZerosForEmptyPrompt;
    const negatives = (own: readonly string[]) => (zeros ? 'zeros' : own);
    const second: XlTexts = {
      tokenizer: tokenizer2,
      encoder: textEncoder2,
      prompts: perPrompt(prompt2, prompts),
      negativePrompts: negativePrompts && negatives(perPrompt(negativePrompt2, negativePrompts)),
    };
    if (!tokenizer || !textEncoder) return [second];
    const first = { tokenizer, encoder: textEncoder, prompts };
    return [{ ...first, negativePrompts: negativePrompts && negatives(negativePrompts) }, second];
  }
}

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for the UNet of another kind of model */
function requireXLInputs({ unet }: DescribedXLComponents): void {
  if (XL_INPUTS.every((name) => unet.optionalInputs.includes(name))) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected a UNet that takes ${XL_INPUTS.join(' and ')}, but the one in ${unet.source.path} takes ` +
      (unet.optionalInputs.join(' and ') || 'neither'),
  );
}
