export { encodePrompts, type PromptBatch } from './encode.js';
