import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { checkConfig, readConfigFile, readModelText, VOCABULARY_LIMITS } from '../common/config-file.js';
import { ModelLoadError } from '../common/errors.js';
import { longIntegerRecord, longList } from '../common/long-schemas.js';

/** Matching a token may take as many steps per character of a text as the token is long. */
const MAX_TOKEN_LENGTH = 1000;
/** Far more than any vocabulary has; tables of tokens are as long as the greatest id. */
const MAX_TOKEN_ID = 2_000_000;

const content = z.string().max(MAX_TOKEN_LENGTH);
const addedToken = z.object({
  content,
  single_word: z.boolean().nullish(),
  lstrip: z.boolean().nullish(),
  rstrip: z.boolean().nullish(),
  normalized: z.boolean().nullish(),
  special: z.boolean().nullish(),
});
const specialToken = z.union([content, addedToken]);
const specialTokens = z.union([longList(specialToken), z.record(z.string(), specialToken)]);
// Loose, since models name further tokens: "image_token".
const namedTokens = z.looseObject({
  bos_token: specialToken.nullish(),
  eos_token: specialToken.nullish(),
  unk_token: specialToken.nullish(),
  sep_token: specialToken.nullish(),
  pad_token: specialToken.nullish(),
  cls_token: specialToken.nullish(),
  mask_token: specialToken.nullish(),
  additional_special_tokens: specialTokens.nullish(),
  extra_special_tokens: specialTokens.nullish(),
});
const side = z.enum(['left', 'right']);
const tokenizerConfig = namedTokens.extend({
  tokenizer_class: z.string().nullish(),
  model_max_length: z.number().positive().nullish(),
  max_len: z.number().positive().nullish(),
  padding_side: side.nullish(),
  truncation_side: side.nullish(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,8}$/), addedToken).nullish(),
});
const tokenizerJson = z.object({
  added_tokens: longList(addedToken.extend({ id: z.number().int().min(0).max(MAX_TOKEN_ID) })).nullish(),
  model: z.object({
    vocab: longIntegerRecord(),
    // Checked one by one in pairOf: CLIP's has 48,894.
    merges: z.array(z.unknown()),
  }),
});

/** A token's text and matching rules; `normalized`: matched in normalized text instead of the text as typed. */
export type AddedTokenRules = z.infer<typeof addedToken>;
/** A token in a config file: its text, or its text with matching rules. */
export type SpecialToken = z.infer<typeof specialToken>;
/** The special tokens of `tokenizer_config.json` or `special_tokens_map.json`. */
export type NamedTokens = z.infer<typeof namedTokens>;
export type TokenizerConfig = z.infer<typeof tokenizerConfig>;

/** The contents of a tokenizer folder, in whichever of the two layouts. */
export interface TokenizerFiles {
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs in order of rank. */
  readonly merges: readonly (readonly [string, string])[];
  /** `added_tokens` of `tokenizer.json`; empty in the other layout. */
  readonly addedTokens: readonly (AddedTokenRules & { id: number })[];
  /** `added_tokens.json`, which transformers wrote before 4.33: ids by content. */
  readonly legacyAddedTokens: Readonly<Record<string, number>>;
  readonly config: TokenizerConfig;
  readonly specialTokensMap: NamedTokens;
}

/**
 * Reads a tokenizer folder: `tokenizer.json`, or else `vocab.json` and `merges.txt`; with either, optionally
 * `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`.
 *
 * @param given - contents of JSON files, by name, in place of those in the folder
 * @throws ModelLoadError `MODEL_NOT_FOUND` when neither layout is there, `CONFIG_INVALID` when a file is invalid
 */
export async function readTokenizerFiles(
  folder: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<TokenizerFiles> {
  const read = <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> | T =>
    name in given ? checkConfig(join(folder, name), given[name], schema) : readJson(folder, name, schema);
  const [config, specialTokensMap, legacyAddedTokens, vocabularyAndMerges] = await Promise.all([
    read('tokenizer_config.json', tokenizerConfig),
    read('special_tokens_map.json', namedTokens),
    read('added_tokens.json', longIntegerRecord()),
    readVocabulary(folder),
  ]);
  const ids = Object.values(vocabularyAndMerges.vocab).concat(Object.values(legacyAddedTokens ?? {}));
  const greatest = ids.reduce((a, b) => Math.max(a, b), 0);
  if (greatest > MAX_TOKEN_ID) {
    throw new ModelLoadError('CONFIG_INVALID', `The tokenizer in ${folder} has a token of id ${greatest}.`);
  }
  return {
    config: config ?? {},
    specialTokensMap: specialTokensMap ?? {},
    legacyAddedTokens: legacyAddedTokens ?? {},
    ...vocabularyAndMerges,
  };
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
    readJson(folder, 'vocab.json', longIntegerRecord()),
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

function found(file: unknown): string {
  return file === undefined ? 'not found' : 'found';
}

/** A merge is written "a b", or ["a", "b"] since version 0.20 of the tokenizers library. */
function pairOf(file: string): (merge: unknown, index: number) => [string, string] {
  return (merge, index) => {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ', 3) : merge;
    if (isPair(parts)) return parts;
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `${file}: merge ${index + 1} is not a pair of tokens: ${JSON.stringify(merge).slice(0, 200)}`,
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
