import type { InferenceContext, TextEncoder } from '../components/index.js';
import { warn } from '../common/warnings.js';
import type { ClipTokenizer } from '../tokenizer/index.js';

/** Prompts to encode: as many negative prompts as prompts, or none without guidance. */
export interface PromptBatch {
  prompts: readonly string[];
  negativePrompts: readonly string[] | undefined;
  numImagesPerPrompt: number;
}

/**
 * The hidden states a UNet call takes: each prompt's once for each of its images, the negative prompts' rows first.
 * Texts that occur twice are encoded once.
 *
 * @returns shape [rows, tokens, hiddenSize]
 */
export async function encodePrompts(
  batch: PromptBatch,
  tokenizer: ClipTokenizer,
  encoder: TextEncoder,
  context: InferenceContext,
): Promise<Float32Array> {
  const { prompts, negativePrompts = [], numImagesPerPrompt } = batch;
  const texts = [...negativePrompts, ...prompts];
  const encoded = new Map<string, Float32Array>();
  for (const text of new Set(texts)) {
    const { ids, truncated } = tokenizer.encode(text);
    if (truncated) warnTruncated(truncated, tokenizer.maxLength);
    encoded.set(text, await encoder.encode(ids, context));
  }
  const width = tokenizer.maxLength * encoder.hiddenSize;
  const states = new Float32Array(texts.length * numImagesPerPrompt * width);
  texts.forEach((text, row) => {
    for (let image = 0; image < numImagesPerPrompt; image++) {
      states.set(encoded.get(text)!, (row * numImagesPerPrompt + image) * width);
    }
  });
  return states;
}

export function warnTruncated(truncated: string, maxLength: number): void {
  warn(
    'PROMPT_TRUNCATED',
    `The model reads ${maxLength} tokens; this part of the prompt was cut off: "${truncated}"`,
  );
}
