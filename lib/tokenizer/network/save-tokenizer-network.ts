import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ModelLoadError } from '../../common/errors.js';
import { fileExists } from '../../common/file-exists.js';
import { clipTokenizerDefinition, type TokenizerDefinition } from '../tokenizer-definition.js';
import { readTokenizerFiles } from '../tokenizer-files.js';
import { clipTokenizerNetwork } from './clip-tokenizer-network.js';

const CLIP_CLASSES = ['CLIPTokenizer', 'CLIPTokenizerFast'];
/** The version whose operations the network uses; openvino-genai takes a file without one for an unsupported old one. */
const TOKENIZERS_VERSION = '2026.4.0.0';

/**
 * Adds the tokenizer as a network, which openvino-genai reads: `openvino_tokenizer.xml` and `.bin`. Supports CLIP's
 * tokenizer only: byte-level byte-pair encoding of lower-cased words with "</w>" at their ends. A folder with another
 * tokenizer, with the network already, or with invalid files (which loading it reports) is left unchanged.
 *
 * @param folder - the tokenizer's folder
 */
export async function saveTokenizerNetwork(folder: string): Promise<void> {
  const network = join(folder, 'openvino_tokenizer.xml');
  if (await fileExists(network)) return;
  const definition = await readDefinition(folder);
  const ir = definition && clipTokenizerNetwork(definition);
  if (!ir) return;
  const info = {
    bos_token_id: definition.bosTokenId,
    eos_token_id: definition.eosTokenId,
    pad_token_id: definition.padTokenId,
    openvino_tokenizers_version: TOKENIZERS_VERSION,
  };
  await writeFile(network, ir.toXml('tokenizer', info));
  await writeFile(join(folder, 'openvino_tokenizer.bin'), ir.toWeights());
}

async function readDefinition(folder: string): Promise<TokenizerDefinition | undefined> {
  try {
    const files = await readTokenizerFiles(folder);
    const isClip = CLIP_CLASSES.includes(files.config.tokenizer_class ?? 'CLIPTokenizer');
    return isClip ? clipTokenizerDefinition(files) : undefined;
  } catch (error) {
    if (error instanceof ModelLoadError) return undefined;
    throw error;
  }
}
