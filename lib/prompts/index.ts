export { countChunks, syntaxOf, type PromptSyntax } from './chunks.js';
export { encodePrompts, repeatRows, type PromptBatch } from './encode.js';
export { encodeXlPrompts, type XlEncoding, type XlPromptEmbeds, type XlTexts } from './encode-xl.js';
