export type { FormatOptions, ImageFormat } from './formats.js';
export { pixelsFromTensor } from './postprocess.js';
export {
  GeneratedImage,
  type EncodeOptions,
  type GeneratedImageInit,
  type MetadataOptions,
} from './generated-image.js';
export { formatParameters } from './metadata/format-parameters.js';
export type { GenerationParameters } from './metadata/parameters.js';
export { parseParameters } from './metadata/parse-parameters.js';
export { readParameters } from './metadata/read-parameters.js';
export { SAMPLER_CONFIG_KEYS, type SchedulerConfig } from './metadata/samplers.js';
export {
  rgbFromLatents,
  STABLE_DIFFUSION_RGB,
  STABLE_DIFFUSION_XL_RGB,
  type LatentRgbFactors,
} from './latent-to-rgb.js';
export * from './input/index.js';
