import { ModelLoadError } from '../common/errors.js';
import type { AddedTokenRules, NamedTokens, SpecialToken, TokenizerFiles } from './tokenizer-files.js';

/** The tokens a CLIP tokenizer puts round, behind or instead of text. */
type Role = 'bos_token' | 'eos_token' | 'unk_token' | 'pad_token';

const defaultTokens: Record<Role, string> = {
  bos_token: '<|startoftext|>',
  eos_token: '<|endoftext|>',
  unk_token: '<|endoftext|>',
  pad_token: '<|endoftext|>',
};

/** The length CLIP's text encoders were trained with, in tokens. */
const CLIP_MAX_LENGTH = 77;
// transformers writes 1e30 for "no limit"; nothing near it was ever a number of position embeddings.
const LARGEST_BELIEVABLE_LENGTH = 100_000;

/** What CLIP takes for a word: a special token, an ending after an apostrophe, letters, one digit, or other marks. */
export const CLIP_PATTERN =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
/** What the tokenizers library's ByteLevel splits a text into. */
export const BYTE_LEVEL_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export type AddedToken = AddedTokenRules & { id: number; normalized: boolean; special: boolean };

/** A tokenizer in the form of `tokenizer.json`, and the ids of the tokens that frame a text. */
export interface TokenizerDefinition {
  readonly json: object;
  readonly vocab: TokenizerFiles['vocab'];
  readonly merges: TokenizerFiles['merges'];
  /** In order of their ids. */
  readonly addedTokens: readonly AddedToken[];
  /** What stands for text the vocabulary cannot spell. */
  readonly unkToken: string;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  /** Number of ids a text is cut or padded to; 77 for every CLIP text encoder. */
  readonly maxLength: number;
  /** Ids of the tokens that are found in a text as it was typed, before it is lower-cased. */
  readonly literalTokens: ReadonlyMap<string, number>;
}

/**
 * Builds the definition transformers' `CLIPTokenizer` (5.x) builds. Like there, only vocabulary, merges and added
 * tokens come from the files; the rest of `tokenizer.json`, which old exports have wrong, is CLIP's own.
 *
 * @throws ModelLoadError `CONFIG_INVALID` when a token the config names has no id.
 */
export function clipTokenizerDefinition(files: TokenizerFiles): TokenizerDefinition {
  const named = namedTokens(files);
  const collected = collectAddedTokens(files, named);
  const addedTokens = [...collected.values()].sort((a, b) => a.id - b.id);
  const unkToken = contentOf(named.unk_token);
  const idOf = (role: Role): number => {
    const content = contentOf(named[role]);
    const { id } = collected.get(content) ?? {};
    // transformers would append the token; but an id past the vocabulary has no embedding in any text encoder.
    if (id === undefined || id >= sizeOf(files)) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        `The tokenizer's ${role} "${content}" is not in its vocabulary.`,
      );
    }
    return id;
  };
  return {
    json: clipJson(files, addedTokens, unkToken),
    vocab: files.vocab,
    merges: files.merges,
    addedTokens,
    unkToken,
    bosTokenId: idOf('bos_token'),
    eosTokenId: idOf('eos_token'),
    padTokenId: idOf('pad_token'),
    maxLength: maxLengthOf(files),
    literalTokens: new Map(
      addedTokens.filter((token) => !token.normalized).map((token) => [token.content, token.id]),
    ),
  };
}

// transformers reads special_tokens_map.json only where tokenizer_config.json has no added_tokens_decoder, which
// came to replace it; then the map wins.
function namedTokens({ config, specialTokensMap }: TokenizerFiles): Record<Role, SpecialToken> {
  const map: NamedTokens = config.added_tokens_decoder ? {} : specialTokensMap;
  const token = (role: Role): SpecialToken => {
    const fromMap = map[role];
    // Tokens of the map are special from the start, and so not normalised unless they say otherwise.
    if (fromMap) return typeof fromMap === 'string' ? fromMap : { ...fromMap, special: true };
    return config[role] ?? defaultTokens[role];
  };
  return {
    bos_token: token('bos_token'),
    eos_token: token('eos_token'),
    unk_token: token('unk_token'),
    pad_token: token('pad_token'),
  };
}

// A token that tokenizer.json or added_tokens_decoder declares has the rules it has there. Of the others each role
// adds its own: where one of two roles of a token wants it found in normalised text, it is found there.
function collectAddedTokens(
  { vocab, addedTokens, config, specialTokensMap }: TokenizerFiles,
  named: Record<Role, SpecialToken>,
): Map<string, AddedToken> {
  const collected = new Map<string, AddedToken>();
  let nextId = Object.keys(vocab).length;
  const add = (token: AddedTokenRules, special: boolean): void => {
    const { content } = token;
    if (content === '') return;
    const normalized = token.normalized ?? !token.special;
    const sameInOtherRole = collected.get(content);
    collected.set(content, {
      ...token,
      id: sameInOtherRole?.id ?? vocab[content] ?? nextId++,
      normalized: normalized || sameInOtherRole?.normalized === true,
      special,
    });
  };

  const declared = config.added_tokens_decoder
    ? Object.entries(config.added_tokens_decoder).map(([id, token]) => ({ ...token, id: Number(id) }))
    : [...addedTokens];
  for (const token of declared.sort((a, b) => a.id - b.id)) add(token, token.special ?? false);

  const isDeclared = new Set(collected.keys());
  const additional = specialTokensMap.additional_special_tokens ?? config.additional_special_tokens ?? [];
  for (const token of [...Object.values(named), ...additional]) {
    if (isDeclared.has(contentOf(token))) continue;
    add(typeof token === 'string' ? { content: token, special: true } : token, true);
  }
  return collected;
}

/** Number of ids there are: of the vocabulary, and of what the files declare beyond it. */
function sizeOf({ vocab, addedTokens, config }: TokenizerFiles): number {
  const declared = [
    ...Object.keys(config.added_tokens_decoder ?? {}).map(Number),
    ...addedTokens.map(({ id }) => id),
  ];
  return Math.max(Object.keys(vocab).length, ...declared.map((id) => id + 1));
}

function maxLengthOf({ config }: TokenizerFiles): number {
  const stated = config.model_max_length ?? CLIP_MAX_LENGTH;
  const believable = Number.isInteger(stated) && stated >= 2 && stated <= LARGEST_BELIEVABLE_LENGTH;
  return believable ? stated : CLIP_MAX_LENGTH;
}

function contentOf(token: SpecialToken): string {
  return typeof token === 'string' ? token : token.content;
}

function clipJson({ vocab, merges }: TokenizerFiles, addedTokens: AddedToken[], unkToken: string): object {
  return {
    version: '1.0',
    added_tokens: addedTokens,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        split(CLIP_PATTERN),
        // ByteLevel's own pattern, written out: as a Split it goes through the translation from Oniguruma, while
        // the library's built-in one takes U+FEFF for a space, as JavaScript's \s does and Oniguruma's does not.
        split(BYTE_LEVEL_PATTERN),
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    // The frame of BOS and EOS is put on after truncation, by ClipTokenizer.
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      unk_token: unkToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      vocab,
      merges,
    },
  };
}

function split(regex: string): object {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}
