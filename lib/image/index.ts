export type { FormatOptions, ImageFormat } from './formats.js';
export { pixelsFromTensor } from './postprocess.js';
export {
  GeneratedImage,
  type EncodeOptions,
  type GeneratedImageInit,
  type MetadataOptions,
} from './generated-image.js';
export { formatParameters, type GenerationParameters } from './metadata/parameters.js';
export { readParameters } from './metadata/read-parameters.js';
