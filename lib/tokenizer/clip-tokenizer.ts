import { Tokenizer as UntypedTokenizer } from '@huggingface/tokenizers';

import { wrongValue } from '../common/options.js';
import { clipTokenizerDefinition, type TokenizerDefinition } from './tokenizer-definition.js';
import { readTokenizerFiles } from './tokenizer-files.js';

// The library's declarations import one another without file extensions, which Node's own resolution, and so
// TypeScript's, does not follow: here is the part that is used.
interface Tokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[]): string;
}
const Tokenizer = UntypedTokenizer as unknown as new (json: object, config: object) => Tokenizer;

/** A prompt as token ids. */
export interface TokenizedText {
  /** Shape `[maxLength]`: BOS, the text, EOS, then padding. */
  readonly ids: Int32Array;
  /** How many of the ids come before the padding, BOS and EOS included. */
  readonly length: number;
  /** The end of the text that did not fit, as the tokenizer spells it (lower case); absent when all of it did. */
  readonly truncated?: string;
}

/**
 * CLIP's tokenizer: byte-level byte-pair encoding over lower-cased text, framed by BOS and EOS and padded to the
 * length the text encoder expects. Gives the ids transformers' `CLIPTokenizer` (5.x) gives; they can differ only in
 * letters newer than Unicode 16, which JavaScript's regular expressions know once Node's ICU does.
 *
 * Nothing in a prompt is syntax: `(cat:1.3)` and `[dog]` are punctuation like any other. Special tokens written
 * out, such as `<|endoftext|>`, become those tokens, as in transformers.
 */
export class ClipTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #definition: TokenizerDefinition;

  private constructor(definition: TokenizerDefinition) {
    // The library would otherwise tidy spaces before punctuation when it decodes; transformers' CLIP does not.
    this.#tokenizer = new Tokenizer(definition.json, { clean_up_tokenization_spaces: false });
    this.#definition = definition;
  }

  /**
   * Loads a diffusers `tokenizer` folder: `tokenizer.json`, or `vocab.json` with `merges.txt`; names and matching
   * rules of special tokens, and the maximal length (77 when absent or absurd), from `tokenizer_config.json` and
   * `special_tokens_map.json` where they exist.
   *
   * @param given - what JSON files say, by name, in place of those in the folder
   * @throws ModelLoadError `MODEL_NOT_FOUND` when the folder holds no tokenizer, `CONFIG_INVALID` when one
   * of its files is broken.
   */
  static async fromPretrained(
    folder: string,
    given?: Readonly<Record<string, unknown>>,
  ): Promise<ClipTokenizer> {
    return new ClipTokenizer(clipTokenizerDefinition(await readTokenizerFiles(folder, given)));
  }

  /** Number of ids {@link encode} returns; 77 for every CLIP text encoder. */
  get maxLength(): number {
    return this.#definition.maxLength;
  }

  /**
   * Turns a prompt into exactly {@link maxLength} ids; what is too long is cut at the end and named in `truncated`.
   *
   * @throws InvalidArgumentError when `text` is not a string.
   */
  encode(text: string): TokenizedText {
    if (typeof text !== 'string') throw wrongValue('a string', 'text', text);
    const { bosTokenId, eosTokenId, padTokenId, maxLength } = this.#definition;
    const tokens = this.#encodeContent(text);
    const kept = tokens.slice(0, maxLength - 2);
    const ids = new Int32Array(maxLength).fill(padTokenId);
    ids[0] = bosTokenId;
    ids.set(kept, 1);
    ids[kept.length + 1] = eosTokenId;
    const result = { ids, length: kept.length + 2 };
    if (kept.length === tokens.length) return result;
    return { ...result, truncated: this.#tokenizer.decode(tokens.slice(kept.length)).trim() };
  }

  // The library is given only what stands between the special tokens. It would find them itself, but takes a piece
  // that merely becomes one when lower-cased, "<|ENDOFTEXT|>", for the token too, where transformers sees text; a
  // piece that ends in a space, which the pattern drops again, never equals a token.
  #encodeContent(text: string): number[] {
    const { literalTokens } = this.#definition;
    return splitAt(text, [...literalTokens.keys()]).flatMap(
      (piece) => literalTokens.get(piece) ?? this.#encodePlain(`${piece} `),
    );
  }

  #encodePlain(text: string): number[] {
    // String.prototype.toLowerCase, which the library uses, writes a capital sigma at a word's end as "ς"; Rust,
    // which lowers character by character, and so CLIP as everyone runs it, writes "σ".
    const withoutFinalSigma = text.replaceAll('\u03a3', '\u03c3');
    return this.#tokenizer.encode(withoutFinalSigma, { add_special_tokens: false }).ids;
  }
}

/** Cuts out every occurrence of the tokens, which stay as pieces of their own; of two that fit, the longer. */
function splitAt(text: string, tokens: readonly string[]): string[] {
  if (tokens.length === 0) return [text];
  const longestFirst = [...tokens].sort((a, b) => b.length - a.length);
  const pattern = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return text.split(new RegExp(`(${pattern})`, 'u')).filter((piece) => piece !== '');
}
