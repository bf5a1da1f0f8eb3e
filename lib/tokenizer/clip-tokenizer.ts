import { InvalidArgumentError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { bytesOf } from './byte-level.js';
import { normalizeText } from './normalize.js';
import { TokenSplitter } from './split-tokens.js';
import { clipTokenizerDefinition, type TokenizerDefinition } from './tokenizer-definition.js';
import { readTokenizerFiles } from './tokenizer-files.js';
import { WordPieces } from './word-pieces.js';

/**
 * A longer text is refused: encoding a million characters blocks the event loop for seconds, and a text encoder reads
 * some hundred.
 */
export const MAX_TEXT_LENGTH = 100_000;

/** Token ids as a text encoder takes them. */
export interface FramedTokens {
  /** Shape `[maxLength]`: BOS, the text, EOS, then padding. */
  readonly ids: Int32Array;
  /** How many of the ids are not padding, BOS and EOS included. */
  readonly length: number;
}

/** A prompt as token ids. */
export interface TokenizedText extends FramedTokens {
  /** The end of the text that did not fit, decoded (lower case); absent when all of it did. */
  readonly truncated?: string;
}

/**
 * CLIP's tokenizer: byte-level byte-pair encoding of lower-cased text, framed by BOS and EOS and padded to the length
 * the text encoder expects. Gives the ids transformers' `CLIPTokenizer` (5.x) gives; they can differ only in letters
 * newer than Unicode 16, which JavaScript's regular expressions know once Node's ICU does.
 *
 * Nothing in a prompt is syntax: `(cat:1.3)` and `[dog]` are punctuation like any other. Added tokens written out, such
 * as `<|endoftext|>` or a trained concept, become those tokens, as in transformers.
 *
 * @see https://huggingface.co/docs/transformers/model_doc/clip#transformers.CLIPTokenizer
 *
 * @example
 * const { tokenizer } = pipeline.components;
 * const { ids, length } = tokenizer.encode('a photo of a cat');
 * console.log(ids.subarray(0, length)); // [49406, 320, 1125, 539, 320, 2368, 49407]
 */
export class ClipTokenizer {
  readonly #definition: TokenizerDefinition;
  readonly #literal: TokenSplitter;
  readonly #normalized: TokenSplitter;
  readonly #words: WordPieces;
  #contents: readonly (string | undefined)[] | undefined;

  private constructor(definition: TokenizerDefinition) {
    const tokens = new Map(definition.addedTokens.map((token) => [token.id, token]));
    this.#definition = definition;
    this.#literal = new TokenSplitter(definition.patterns.literal, tokens);
    this.#normalized = new TokenSplitter(definition.patterns.normalized, tokens);
    this.#words = new WordPieces(definition);
  }

  /**
   * Loads a diffusers `tokenizer` folder: `tokenizer.json`, or `vocab.json` with `merges.txt`; added tokens, names of
   * special tokens, and the maximal length (77 when absent or absurd), from `tokenizer_config.json`,
   * `special_tokens_map.json` and `added_tokens.json` where they exist.
   *
   * @param given - contents of JSON files, by name, in place of those in the folder
   * @throws ModelLoadError `MODEL_NOT_FOUND` when the folder holds no tokenizer, `CONFIG_INVALID` when one of its files
   * is invalid
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

  /** The id of the token before a text. */
  get bosTokenId(): number {
    return this.#definition.bosTokenId;
  }

  /** The id of the token after a text. */
  get eosTokenId(): number {
    return this.#definition.eosTokenId;
  }

  /** The id of padding. */
  get padTokenId(): number {
    return this.#definition.padTokenId;
  }

  /**
   * Encodes a prompt as exactly {@link maxLength} ids; what is too long is truncated and named in `truncated`.
   *
   * @throws InvalidArgumentError when `text` is not a string, or longer than 100,000 characters
   */
  encode(text: string): TokenizedText {
    const tokens = this.tokenize(text);
    const most = this.maxLength - 2;
    if (tokens.length <= most) return this.frame(tokens);
    const kept = this.#definition.truncationSide === 'left' ? tokens.slice(-most) : tokens.slice(0, most);
    // As in diffusers, what is beyond the end is named, whichever side it was removed from.
    return { ...this.frame(kept), truncated: this.decode(tokens.slice(most)) };
  }

  /**
   * The ids of a text of any length, without BOS, EOS and padding; {@link frame} takes up to `maxLength - 2` of them.
   *
   * @throws InvalidArgumentError when `text` is not a string, or longer than 100,000 characters
   */
  tokenize(text: string): number[] {
    if (typeof text !== 'string') throw wrongValue('a string', 'text', text);
    if (text.length > MAX_TEXT_LENGTH) {
      throw wrongValue(`at most ${MAX_TEXT_LENGTH} characters`, 'text', text);
    }
    return this.#literal
      .split(text)
      .flatMap((piece) =>
        typeof piece === 'number'
          ? piece
          : this.#normalized
              .split(normalizeText(piece))
              .flatMap((part) => (typeof part === 'number' ? part : this.#words.encode(part))),
      );
  }

  /**
   * Frames ids by BOS and EOS and pads them to {@link maxLength}.
   *
   * @param tokens - at most `maxLength - 2` ids, as of {@link tokenize}
   * @throws InvalidArgumentError when there are more
   */
  frame(tokens: ArrayLike<number>): FramedTokens {
    const { bosTokenId, eosTokenId, padTokenId, maxLength, paddingSide } = this.#definition;
    if (tokens.length > maxLength - 2) {
      throw new InvalidArgumentError(
        `Expected at most ${maxLength - 2} tokens but received ${tokens.length}`,
      );
    }
    const length = tokens.length + 2;
    const ids = new Int32Array(maxLength).fill(padTokenId);
    const start = paddingSide === 'left' ? maxLength - length : 0;
    ids[start] = bosTokenId;
    ids.set(tokens, start + 1);
    ids[start + length - 1] = eosTokenId;
    return { ids, length };
  }

  /** The text of ids, as transformers decodes it: in lower case, words separated by spaces. */
  decode(ids: Iterable<number>): string {
    const contents = (this.#contents ??= contentsOf(this.#definition));
    const bytes = Array.from(ids, (id) => {
      const content = contents[id] ?? this.#definition.unkToken;
      return bytesOf(content) ?? Buffer.from(content);
    });
    return Buffer.concat(bytes).toString('utf8').replaceAll('</w>', ' ').trim();
  }
}

/** Tokens by their ids. */
function contentsOf({ vocab, addedTokens }: TokenizerDefinition): (string | undefined)[] {
  const contents: (string | undefined)[] = [];
  for (const [content, id] of Object.entries(vocab)) contents[id] = content;
  for (const { content, id } of addedTokens) contents[id] = content;
  return contents;
}
