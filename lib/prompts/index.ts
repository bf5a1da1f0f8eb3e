export { encodePrompts, type PromptBatch } from './encode.js';
export { encodeXlPrompts, type XlPromptEmbeds, type XlTexts } from './encode-xl.js';
