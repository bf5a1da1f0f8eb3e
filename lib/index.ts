/**
 * Pipelines, models, images, schedulers and random generators.
 *
 * @module openvino-diffusers
 */

export * from './common/errors.js';
export { version } from './common/version.js';
export type * from './components/networks.js';
export type { GuidanceOptions, Latents } from './denoising/index.js';
export { snapshotDownload, type DownloadProgress, type SnapshotOptions } from './hub/index.js';
export {
  GeneratedImage,
  formatParameters,
  parseParameters,
  readParameters,
  type EncodeOptions,
  type FormatOptions,
  type GeneratedImageInit,
  type GenerationParameters,
  type ImageFormat,
  type ImageInput,
  type MetadataOptions,
  type RawImageInput,
  type ResizeMode,
} from './image/index.js';
export {
  exportPipeline,
  exportSingleFile,
  type ComponentExport,
  type ComponentName,
  type ExportOptions,
  type GenerationDefaults,
  type ModelIndex,
  type NetworkName,
  type NetworkSource,
  type PipelineExport,
  type PredictionType,
  type PretrainedModel,
  type SaveExportOptions,
  type SaveProgress,
  type SingleFileExport,
  type SingleFileExportOptions,
  type TokenizerName,
  type TokenizerSource,
  type WeightFormat,
} from './models/index.js';
export * from './pipelines/index.js';
export * from './random/index.js';
export type { CompileProperties } from './runtime/index.js';
export * from './schedulers/index.js';
export type { ClipTokenizer, FramedTokens, TokenizedText } from './tokenizer/index.js';
