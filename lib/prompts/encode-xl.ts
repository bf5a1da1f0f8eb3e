import type { InferenceContext, TextEncoder } from '../components/index.js';
import type { ClipTokenizer } from '../tokenizer/index.js';
import { chunksOf, paddedChunks, type PromptChunk, type PromptSyntax } from './chunks.js';
import { encodeChunks } from './encode-chunks.js';
import { repeatRows } from './encode.js';

/** A text encoder with its tokenizer, and the texts that it encodes. */
export interface XlTexts {
  readonly tokenizer: ClipTokenizer;
  readonly encoder: TextEncoder;
  readonly prompts: readonly string[];
  /** As many as prompts; `'zeros'` for states of zeros; undefined without guidance. */
  readonly negativePrompts: readonly string[] | 'zeros' | undefined;
}

/** What Stable Diffusion XL's UNet takes of prompts, the negative prompts' rows first. */
export interface XlPromptEmbeds {
  /** Shape [rows, tokens, sum of the encoders' hiddenSize] */
  readonly promptEmbeds: Float32Array;
  /** The last encoder's; shape [rows, projectionDim] */
  readonly pooledPromptEmbeds: Float32Array;
}

/** How prompts for Stable Diffusion XL are encoded. */
export interface XlEncoding extends PromptSyntax {
  readonly numImagesPerPrompt: number;
  /** Layers left out besides. Default: 0. */
  readonly clipSkip?: number | undefined;
  /** Chunks that all are padded to, where none has more. Default: 1. */
  readonly minChunks?: number | undefined;
}

/** diffusers leaves out the last layer, and with `clip_skip` so many more; of negative prompts never more. */
const LAYER = 2;

/**
 * Encodes prompts for Stable Diffusion XL: each encoder's states before its last layer side by side, and the last
 * encoder's pooled text, of a long prompt that of the first chunk, as in the web UI.
 *
 * @param texts - of the model's encoders, the one with the projection last
 * @see diffusers' `StableDiffusionXLPipeline.encode_prompt`
 */
export async function encodeXlPrompts(
  texts: readonly XlTexts[],
  { numImagesPerPrompt, clipSkip = 0, minChunks = 1, ...syntax }: XlEncoding,
  context: InferenceContext,
): Promise<XlPromptEmbeds> {
  const chunked = texts.map((each) => chunkTexts(each, syntax));
  const count = Math.max(minChunks, ...chunked.flatMap(({ lengths }) => lengths));
  const parts: EncodedRows[] = [];
  for (const [i, each] of texts.entries()) {
    parts.push(
      await encodeRows(each, { chunks: chunked[i]!.chunks, count, layer: LAYER + clipSkip }, context),
    );
  }
  const last = parts.at(-1)!;
  const repeat = (rows: readonly Float32Array[]): Float32Array => repeatRows(rows, numImagesPerPrompt);
  return {
    promptEmbeds: repeat(
      last.states.map((_, row) =>
        sideBySide(parts.map(({ states, width }) => ({ states: states[row]!, width }))),
      ),
    ),
    pooledPromptEmbeds: repeat(last.pooled),
  };
}

/** Rows of one encoder: the negative prompts', then the prompts'. */
interface EncodedRows {
  readonly states: readonly Float32Array[];
  readonly pooled: readonly Float32Array[];
  /** The encoder's hiddenSize. */
  readonly width: number;
}

/** The chunks of an encoder's texts, each text once. */
function chunkTexts(
  { tokenizer, prompts, negativePrompts }: XlTexts,
  syntax: PromptSyntax,
): { chunks: ReadonlyMap<string, readonly PromptChunk[]>; lengths: number[] } {
  const texts = new Set([...(negativePrompts === 'zeros' ? [] : (negativePrompts ?? [])), ...prompts]);
  const chunks = new Map([...texts].map((text) => [text, chunksOf(text, tokenizer, syntax)]));
  return { chunks, lengths: [...chunks.values()].map(({ length }) => length) };
}

interface ChunkedTexts {
  readonly chunks: ReadonlyMap<string, readonly PromptChunk[]>;
  /** Chunks that all are padded to. */
  readonly count: number;
  /** Of the prompts, counted from the end. */
  readonly layer: number;
}

async function encodeRows(
  { tokenizer, encoder, prompts, negativePrompts }: XlTexts,
  { chunks, count, layer }: ChunkedTexts,
  context: InferenceContext,
): Promise<EncodedRows> {
  const encode = async (text: string, of: number) => {
    let textEmbeds: Float32Array | undefined;
    const hiddenStates = await encodeChunks(
      paddedChunks(chunks.get(text)!, count, tokenizer),
      async (ids) => {
        const encoded = await encoder.encodeLayer(ids, of, context);
        textEmbeds ??= encoded.textEmbeds;
        return encoded.hiddenStates;
      },
    );
    return { hiddenStates, textEmbeds: textEmbeds ?? new Float32Array() };
  };
  const zeros = {
    hiddenStates: new Float32Array(count * tokenizer.maxLength * encoder.hiddenSize),
    textEmbeds: new Float32Array(encoder.projectionDim ?? 0),
  };
  const encoded: { hiddenStates: Float32Array; textEmbeds: Float32Array }[] = [];
  if (negativePrompts === 'zeros') encoded.push(...prompts.map(() => zeros));
  else encoded.push(...(await encodeEach(negativePrompts ?? [], (text) => encode(text, LAYER))));
  encoded.push(...(await encodeEach(prompts, (text) => encode(text, layer))));
  return {
    states: encoded.map(({ hiddenStates }) => hiddenStates),
    pooled: encoded.map(({ textEmbeds }) => textEmbeds),
    width: encoder.hiddenSize,
  };
}

/** Texts that occur twice are encoded once. */
async function encodeEach<T>(texts: readonly string[], encode: (text: string) => Promise<T>): Promise<T[]> {
  const known = new Map<string, T>();
  for (const text of new Set(texts)) known.set(text, await encode(text));
  return texts.map((text) => known.get(text)!);
}

/** States of one text, [tokens, width] each, joined to [tokens, sum of widths]. */
function sideBySide(parts: readonly { states: Float32Array; width: number }[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1) return only!.states;
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const tokens = only!.states.length / only!.width;
  const joined = new Float32Array(tokens * width);
  let start = 0;
  for (const { states, width: own } of parts) {
    for (let token = 0; token < tokens; token++) {
      joined.set(states.subarray(token * own, (token + 1) * own), token * width + start);
    }
    start += own;
  }
  return joined;
}
