import { join } from 'node:path';

import { locatePackage } from '../../../runtime/index.js';
import type { TokenizerSource } from '../../tokenizer-source.js';

/** Ids CLIP's vocabulary has. */
export const CLIP_VOCABULARY_SIZE = 49408;

/** Tokens of a prompt. */
const MAX_LENGTH = 77;

const BOS = token('<|startoftext|>');
const EOS = token('<|endoftext|>');

/**
 * CLIP's own tokenizer, as this package ships it, with the files that models of Stable Diffusion have beside its
 * vocabulary.
 *
 * @param padToken - what prompts are filled up with: the end token in 1.x, '!' in 2.x
 */
export function clipTokenizer(padToken: '<|endoftext|>' | '!'): TokenizerSource {
  return {
    folder: join(locatePackage().root, 'models', 'clip-tokenizer'),
    files: {
      'tokenizer_config.json': {
        add_prefix_space: false,
        bos_token: { __type: 'AddedToken', ...BOS },
        do_lower_case: true,
        eos_token: { __type: 'AddedToken', ...EOS },
        errors: 'replace',
        model_max_length: MAX_LENGTH,
        pad_token: padToken,
        tokenizer_class: 'CLIPTokenizer',
        unk_token: { __type: 'AddedToken', ...EOS },
      },
      'special_tokens_map.json': { bos_token: BOS, eos_token: EOS, pad_token: padToken, unk_token: EOS },
    },
  };
}

function token(content: string): Record<string, unknown> {
  return { content, lstrip: false, normalized: true, rstrip: false, single_word: false };
}
