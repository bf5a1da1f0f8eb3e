import type { InferenceContext, TextEncoder } from '../components/index.js';
import type { ClipTokenizer } from '../tokenizer/index.js';
import { chunksOf, paddedChunks, type PromptSyntax } from './chunks.js';
import { encodeChunks } from './encode-chunks.js';

/** Prompts to encode: as many negative prompts as prompts, or none without guidance. */
export interface PromptBatch extends PromptSyntax {
  prompts: readonly string[];
  negativePrompts: readonly string[] | undefined;
  numImagesPerPrompt: number;
  /** Chunks that all are padded to, where none has more. Default: 1. */
  minChunks?: number | undefined;
}

/**
 * The hidden states a UNet call takes: each prompt's once for each of its images, the negative prompts' rows first.
 * Texts that occur twice are encoded once; all are padded to as many chunks as the longest has.
 *
 * @returns shape [rows, tokens, hiddenSize]
 */
export async function encodePrompts(
  batch: PromptBatch,
  tokenizer: ClipTokenizer,
  encoder: TextEncoder,
  context: InferenceContext,
): Promise<Float32Array> {
  const { prompts, negativePrompts = [], numImagesPerPrompt, minChunks = 1 } = batch;
  const texts = [...negativePrompts, ...prompts];
  const chunks = new Map([...new Set(texts)].map((text) => [text, chunksOf(text, tokenizer, batch)]));
  const count = Math.max(minChunks, ...[...chunks.values()].map(({ length }) => length));
  const encoded = new Map<string, Float32Array>();
  for (const [text, own] of chunks) {
    const padded = paddedChunks(own, count, tokenizer);
    encoded.set(text, await encodeChunks(padded, (ids) => encoder.encode(ids, context)));
  }
  return repeatRows(
    texts.map((text) => encoded.get(text)!),
    numImagesPerPrompt,
  );
}

/** Each row once for each of its images. */
export function repeatRows(rows: readonly Float32Array[], times: number): Float32Array {
  const width = rows[0]?.length ?? 0;
  const result = new Float32Array(rows.length * times * width);
  rows.forEach((row, place) => {
    for (let image = 0; image < times; image++) result.set(row, (place * times + image) * width);
  });
  return result;
}
