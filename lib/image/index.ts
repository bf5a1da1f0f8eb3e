export type { FormatOptions, ImageFormat } from './formats.js';
export { pixelsFromTensor } from './from-tensor.js';
export {
  GeneratedImage,
  type EncodeOptions,
  type GeneratedImageInit,
  type MetadataOptions,
} from './generated-image.js';
export { formatParameters, type GenerationParameters } from './parameters.js';
export { readParameters } from './read-parameters.js';
