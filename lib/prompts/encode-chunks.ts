import type { PromptChunk } from './chunks.js';
import { emphasize } from './emphasis.js';

/**
 * The states of chunks, one after another, weighted.
 *
 * @param encode - ids of one chunk to its states, shape [tokens, width], which may be changed
 * @returns shape [sum of tokens, width]
 */
export async function encodeChunks(
  chunks: readonly PromptChunk[],
  encode: (ids: Int32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const { ids, weights } of chunks) {
    const states = await encode(ids);
    if (weights) emphasize(states, weights);
    parts.push(states);
  }
  const [only] = parts;
  if (parts.length === 1) return only!;
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}
