import { join } from 'node:path';
import { z } from 'zod';

import { checkConfig, readConfigFile } from '../../common/config-file.js';
import type { TokenizerSource } from '../tokenizer-source.js';

const tokenizerSchema = z.looseObject({ model_max_length: z.number().optional() });

/** Tokenizers without a limit have an astronomical one. */
const MAX_TOKENS = 100_000;
const TOKENIZER_CONFIG = 'tokenizer_config.json';

/** How many tokens a prompt has, where the tokenizer's configuration says so. */
export async function tokenLimit(source: TokenizerSource | undefined): Promise<number | undefined> {
  if (!source) return undefined;
  const { folder, files } = source;
  const path = join(folder, TOKENIZER_CONFIG);
  const given = files?.[TOKENIZER_CONFIG];
  const config = given
    ? checkConfig(path, given, tokenizerSchema)
    : await readConfigFile(path, tokenizerSchema).catch(() => undefined);
  const limit = config?.model_max_length;
  return limit !== undefined && Number.isInteger(limit) && limit > 0 && limit < MAX_TOKENS
    ? limit
    : undefined;
}
