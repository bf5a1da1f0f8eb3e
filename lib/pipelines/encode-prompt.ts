import type { InferenceContext, UNet, UNetInputs } from '../components/index.js';
import { flag, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import { generateFields, type GenerateOptions } from './generate-options.js';
import { joinRows, type PromptEmbeds } from './prompt-embeds.js';
import type { GenerateRequest, RequestTexts } from './request.js';
import { xlFields, type XLOptions } from './xl-options.js';

/** Options of `encodePrompt`; those that `generate` has mean the same. */
export interface EncodePromptOptions
  extends
    Pick<GenerateOptions, 'negativePrompt' | 'promptWeighting' | 'longPrompts' | 'signal'>,
    Pick<XLOptions, 'prompt2' | 'negativePrompt2' | 'clipSkip'> {
  /** Whether negative prompts are encoded too. Default: true. */
  guidance?: boolean | undefined;
}

/** Encoded prompts, as `generate` takes them; the pooled ones are Stable Diffusion XL's. */
export interface EncodedPrompt {
  promptEmbeds: PromptEmbeds;
  negativePromptEmbeds?: PromptEmbeds;
  pooledPromptEmbeds?: PromptEmbeds;
  negativePooledPromptEmbeds?: PromptEmbeds;
}

/** Texts to encode; without those that are given as embeddings. */
export interface EncodedTexts extends RequestTexts {
  readonly numImagesPerPrompt: number;
  /** Chunks that all are padded to, where none has more. */
  readonly minChunks?: number;
}

/** Texts, how they are read, and the run that they are encoded in. */
export type EncodeTextsArguments = readonly [EncodedTexts, GenerateOptions, InferenceContext];

/** States of texts and their pooled text, the negative prompts' rows first. */
export interface Encoded {
  readonly states: Float32Array;
  readonly pooled?: Float32Array | undefined;
}

const fields = {
  negativePrompt: generateFields.negativePrompt,
  promptWeighting: generateFields.promptWeighting,
  longPrompts: generateFields.longPrompts,
  guidance: flag.optional(),
  signal: signal.optional(),
};
const schema = optionsSchema<Omit<EncodePromptOptions, 'prompt2' | 'negativePrompt2' | 'clipSkip'>>()(fields);
const { prompt2, negativePrompt2, clipSkip } = xlFields;
const xlSchema = optionsSchema<EncodePromptOptions>()({ ...fields, prompt2, negativePrompt2, clipSkip });

/** @throws InvalidArgumentError */
export function parseEncodePromptOptions(options: EncodePromptOptions, isXl: boolean): EncodePromptOptions {
  return isXl
    ? parseOptions(xlSchema, options, 'encodePrompt')
    : parseOptions(schema, options, 'encodePrompt');
}

/** Encodes the texts of a request that are not given as embeddings, and puts the given ones around them. */
export async function encodeOrGiven(
  { prompts, negativePrompts, numImagesPerPrompt }: EncodedTexts,
  options: GenerateOptions & XLOptions,
  tokens: number,
  encode: (texts: EncodedTexts, options: GenerateOptions) => Promise<Encoded>,
): Promise<Encoded> {
  const { promptEmbeds, pooledPromptEmbeds } = options;
  const negative = negativePrompts && options.negativePromptEmbeds;
  const negativePooled = negativePrompts && options.negativePooledPromptEmbeds;
  const given = promptEmbeds ?? options.negativePromptEmbeds;
  const texts = {
    prompts: promptEmbeds ? [] : prompts,
    negativePrompts: negative ? [] : negativePrompts,
    numImagesPerPrompt,
    minChunks: given ? Math.floor(given.shape[1]! / tokens) : 1,
  };
  const isEncoded = texts.prompts.length + (texts.negativePrompts?.length ?? 0) > 0;
  const none: Encoded = { states: new Float32Array(), pooled: new Float32Array() };
  const { states, pooled } = isEncoded ? await encode(texts, options) : none;
  return {
    states: joinRows(negative, states, promptEmbeds, numImagesPerPrompt),
    pooled: pooled && joinRows(negativePooled, pooled, pooledPromptEmbeds, numImagesPerPrompt),
  };
}

/** Encoded texts as `generate` takes them. */
export function splitEncoded(
  { prompts, negativePrompts }: RequestTexts,
  { states, pooled }: Encoded,
  width: number,
): EncodedPrompt {
  const rows = prompts.length;
  const half = (data: Float32Array, isPositive: boolean): Float32Array => {
    const middle = negativePrompts ? data.length / 2 : 0;
    return isPositive ? data.slice(middle) : data.slice(0, middle);
  };
  const embeds = (isPositive: boolean): PromptEmbeds => {
    const data = half(states, isPositive);
    return { data, shape: [rows, data.length / rows / width, width] };
  };
  const pooledEmbeds = (data: Float32Array, isPositive: boolean): PromptEmbeds => {
    const own = half(data, isPositive);
    return { data: own, shape: [rows, own.length / rows] };
  };
  return {
    promptEmbeds: embeds(true),
    ...(negativePrompts && { negativePromptEmbeds: embeds(false) }),
    ...(pooled && { pooledPromptEmbeds: pooledEmbeds(pooled, true) }),
    ...(pooled && negativePrompts && { negativePooledPromptEmbeds: pooledEmbeds(pooled, false) }),
  };
}

/** Of each row; more than the text encoder's where prompts are long. */
export function tokensOf(
  inputs: UNetInputs,
  unet: UNet,
  { images, negativePrompts }: GenerateRequest,
): number {
  const rows = negativePrompts ? 2 * images : images;
  return inputs.encoder_hidden_states!.length / (rows * unet.crossAttentionDim);
}
