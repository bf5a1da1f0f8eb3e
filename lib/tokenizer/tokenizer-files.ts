import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { checkConfig, readConfigFile, readModelText, VOCABULARY_LIMITS } from '../common/config-file.js';
import { ModelLoadError } from '../common/errors.js';
import { longIntegerRecord, longList } from '../common/long-schemas.js';

const addedToken = z.object({
  content: z.string(),
  single_word: z.boolean().optional(),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  normalized: z.boolean().optional(),
  special: z.boolean().optional(),
});
const specialToken = z.union([z.string(), addedToken]);
const namedTokens = z.object({
  bos_token: specialToken.nullish(),
  eos_token: specialToken.nullish(),
  unk_token: specialToken.nullish(),
  pad_token: specialToken.nullish(),
  additional_special_tokens: longList(specialToken).nullish(),
});
const tokenizerConfig = namedTokens.extend({
  tokenizer_class: z.string().nullish(),
  model_max_length: z.number().positive().nullish(),
  added_tokens_decoder: z.record(z.string(), addedToken).nullish(),
});
const vocabulary = longIntegerRecord();
const tokenizerJson = z.object({
  added_tokens: longList(addedToken.extend({ id: z.number().int().nonnegative() })).nullish(),
  model: z.object({
    vocab: vocabulary,
    // Fifty thousand of them: pairOf checks each as it takes it apart.
    merges: z.array(z.unknown()),
  }),
});

/** A token's text and how it is matched; `normalized`: in the lower-cased text instead of the text as typed. */
export type AddedTokenRules = z.infer<typeof addedToken>;
/** A token as it stands in a config file: its text alone, or its text with matching rules. */
export type SpecialToken = z.infer<typeof specialToken>;
/** `tokenizer_config.json` or `special_tokens_map.json`, as far as a CLIP tokenizer needs it. */
export type NamedTokens = z.infer<typeof namedTokens>;
export type TokenizerConfig = z.infer<typeof tokenizerConfig>;

/** Everything a tokenizer folder says, whichever of the two layouts it is in. */
export interface TokenizerFiles {
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs in order of rank. */
  readonly merges: readonly (readonly [string, string])[];
  /** `added_tokens` of `tokenizer.json`; empty in the other layout. */
  readonly addedTokens: readonly (AddedTokenRules & { id: number })[];
  readonly config: TokenizerConfig;
  readonly specialTokensMap: NamedTokens;
}

/**
 * Reads a tokenizer folder: `tokenizer.json`, or else `vocab.json` and `merges.txt`; with either, optionally
 * `tokenizer_config.json` and `special_tokens_map.json`.
 *
 * @param given - what JSON files say, by name, in place of those in the folder
 * @throws ModelLoadError `MODEL_NOT_FOUND` when neither layout is there, `CONFIG_INVALID` when a file is
 * not what its name promises.
 */
export async function readTokenizerFiles(
  folder: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<TokenizerFiles> {
  const read = <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> | T =>
    name in given ? checkConfig(join(folder, name), given[name], schema) : readJson(folder, name, schema);
  const [config, specialTokensMap, vocabularyAndMerges] = await Promise.all([
    read('tokenizer_config.json', tokenizerConfig),
    read('special_tokens_map.json', namedTokens),
    readVocabulary(folder),
  ]);
  return { config: config ?? {}, specialTokensMap: specialTokensMap ?? {}, ...vocabularyAndMerges };
}

async function readVocabulary(
  folder: string,
): Promise<Pick<TokenizerFiles, 'vocab' | 'merges' | 'addedTokens'>> {
  const json = await readJson(folder, 'tokenizer.json', tokenizerJson);
  if (json) {
    const { vocab, merges } = json.model;
    return { vocab, merges: merges.map(pairOf('tokenizer.json')), addedTokens: json.added_tokens ?? [] };
  }
  const [vocab, merges] = await Promise.all([
    readJson(folder, 'vocab.json', vocabulary),
    readText(folder, 'merges.txt'),
  ]);
  if (!vocab || merges === undefined) {
    throw new ModelLoadError(
      'MODEL_NOT_FOUND',
      `No tokenizer in ${folder}: looked for tokenizer.json, and for vocab.json (${found(vocab)}) ` +
        `with merges.txt (${found(merges)}).`,
    );
  }
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  return { vocab, merges: lines.map(pairOf('merges.txt')), addedTokens: [] };
}

function found(content: unknown): string {
  return content === undefined ? 'not found' : 'found';
}

/** A merge is written "a b", or ["a", "b"] since version 0.20 of the tokenizers library. */
function pairOf(file: string): (merge: unknown, index: number) => [string, string] {
  return (merge, index) => {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (isPair(parts)) return parts;
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `${file}: merge ${index + 1} is not a pair of tokens: ${JSON.stringify(merge)}`,
    );
  };
}

function isPair(parts: unknown): parts is [string, string] {
  return (
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part) => typeof part === 'string' && part !== '')
  );
}

async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = join(folder, name);
  return existsSync(path) ? readConfigFile(path, schema, VOCABULARY_LIMITS) : undefined;
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  return existsSync(path) ? readModelText(path, VOCABULARY_LIMITS.maxBytes) : undefined;
}
