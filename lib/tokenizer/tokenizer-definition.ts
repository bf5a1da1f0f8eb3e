import { ModelLoadError } from '../common/errors.js';
import { addedTokens, type AddedToken, type AddedTokens, type Role } from './added-tokens.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** The length CLIP's text encoders were trained with, in tokens. */
const CLIP_MAX_LENGTH = 77;
/** transformers writes 1e30 for "no limit"; no text encoder has as many position embeddings as this. */
const MAX_BELIEVABLE_LENGTH = 100_000;

/** CLIP's words: a special token, an English contraction, letters, one digit, or other marks. */
export const CLIP_PATTERN =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
/** The pattern of the tokenizers library's ByteLevel pre-tokenizer. */
export const BYTE_LEVEL_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** What a tokenizer folder defines: the vocabulary, the added tokens, and how a text's ids are framed. */
export interface TokenizerDefinition {
  readonly vocab: TokenizerFiles['vocab'];
  readonly merges: TokenizerFiles['merges'];
  /** In order of their ids. */
  readonly addedTokens: readonly AddedToken[];
  /** The texts under which added tokens are matched. */
  readonly patterns: Pick<AddedTokens, 'literal' | 'normalized'>;
  /** Replaces bytes that the vocabulary does not have. */
  readonly unkToken: string;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  /** Number of ids a text is truncated or padded to; 77 for every CLIP text encoder. */
  readonly maxLength: number;
  /** Default: right. */
  readonly paddingSide: 'left' | 'right';
  /** The side from which ids that do not fit are removed. Default: right. */
  readonly truncationSide: 'left' | 'right';
}

/**
 * Builds the definition transformers' `CLIPTokenizer` (5.x) builds. Like there, only vocabulary, merges and added
 * tokens are taken from the files; the rest of `tokenizer.json`, which old exports have wrong, is CLIP's own.
 *
 * @throws ModelLoadError `CONFIG_INVALID` when a token the config names has no id, or a merge is not of the vocabulary
 */
export function clipTokenizerDefinition(files: TokenizerFiles): TokenizerDefinition {
  const { vocab, merges, config } = files;
  requireMerges(files);
  const { tokens, roles, idOf, ...patterns } = addedTokens(files);
  const size = sizeOf(files);
  const roleId = (role: Role): number => {
    const id = idOf(roles[role]);
    // transformers would append the token; but an id past the vocabulary has no embedding in any text encoder.
    if (id === undefined || id >= size) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        `The tokenizer's ${role} "${roles[role]}" is not in its vocabulary.`,
      );
    }
    return id;
  };
  return {
    vocab,
    merges,
    addedTokens: [...tokens.values()].sort((a, b) => a.id - b.id),
    patterns,
    unkToken: roles.unk_token,
    bosTokenId: roleId('bos_token'),
    eosTokenId: roleId('eos_token'),
    padTokenId: roleId('pad_token'),
    maxLength: maxLengthOf(files),
    paddingSide: config.padding_side ?? 'right',
    truncationSide: config.truncation_side ?? 'right',
  };
}

/** Number of ids there are: of the vocabulary, and of what the files declare beyond it. */
function sizeOf({ vocab, addedTokens: listed, legacyAddedTokens, config }: TokenizerFiles): number {
  const declared = [
    ...Object.keys(config.added_tokens_decoder ?? {}).map(Number),
    ...listed.map(({ id }) => id),
    ...Object.values(legacyAddedTokens),
  ];
  return declared.reduce((size, id) => Math.max(size, id + 1), Object.keys(vocab).length);
}

function maxLengthOf({ config }: TokenizerFiles): number {
  const { model_max_length = config.max_len } = config;
  const stated = model_max_length ?? CLIP_MAX_LENGTH;
  const believable = Number.isInteger(stated) && stated >= 2 && stated <= MAX_BELIEVABLE_LENGTH;
  return believable ? stated : CLIP_MAX_LENGTH;
}

function requireMerges({ vocab, merges }: TokenizerFiles): void {
  for (const [index, [left, right]] of merges.entries()) {
    const missing = [left, right, left + right].find((token) => !Object.hasOwn(vocab, token));
    if (missing !== undefined) {
      throw new ModelLoadError(
        'CONFIG_INVALID',
        `The tokenizer's merge ${index + 1}, "${left}" and "${right}", is not of its vocabulary: ` +
          `"${missing}" is missing.`,
      );
    }
  }
}
