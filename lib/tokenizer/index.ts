export {
  BYTE_LEVEL_PATTERN,
  CLIP_PATTERN,
  clipTokenizerDefinition,
  type AddedToken,
  type TokenizerDefinition,
} from './tokenizer-definition.js';
export { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.js';
