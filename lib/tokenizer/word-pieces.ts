import { Tokenizer as UntypedTokenizer } from '@huggingface/tokenizers';

import { BYTE_LEVEL_PATTERN, CLIP_PATTERN, type TokenizerDefinition } from './tokenizer-definition.js';

// The library's declarations import one another without file extensions, which Node's own resolution, and so
// TypeScript's, does not follow: here is the part that is used.
interface Tokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
}
const Tokenizer = UntypedTokenizer as unknown as new (json: object, config: object) => Tokenizer;

/** Byte-pair encoding: splits normalized text without added tokens into the vocabulary's pieces. */
export class WordPieces {
  readonly #tokenizer: Tokenizer;

  constructor(definition: TokenizerDefinition) {
    this.#tokenizer = new Tokenizer(tokenizerJson(definition), {});
  }

  /** @param text - normalized */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}

/** CLIP's, as the library reads it: without what ClipTokenizer does itself. */
function tokenizerJson({ vocab, merges, unkToken }: TokenizerDefinition): object {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
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
    post_processor: null,
    decoder: null,
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
