export type { AddedToken } from './added-tokens.js';
export { ClipTokenizer, MAX_TEXT_LENGTH, type FramedTokens, type TokenizedText } from './clip-tokenizer.js';
export { saveTokenizerNetwork } from './network/save-tokenizer-network.js';
export {
  BYTE_LEVEL_PATTERN,
  CLIP_PATTERN,
  clipTokenizerDefinition,
  type TokenizerDefinition,
} from './tokenizer-definition.js';
export { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.js';
