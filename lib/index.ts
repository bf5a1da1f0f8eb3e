export * from './common/errors.js';
export {
  exportPipeline,
  exportSingleFile,
  saveExport,
  type ComponentExport,
  type ComponentName,
  type ExportOptions,
  type PipelineExport,
  type PredictionType,
  type SaveExportOptions,
  type SaveProgress,
  type SingleFileExport,
  type SingleFileExportOptions,
  type TokenizerSource,
  type WeightFormat,
} from './models/index.js';
export { snapshotDownload, type DownloadProgress, type SnapshotOptions } from './hub/index.js';
export {
  GeneratedImage,
  formatParameters,
  readParameters,
  type EncodeOptions,
  type GeneratedImageInit,
  type GenerationParameters,
  type ImageFormat,
  type MetadataOptions,
} from './image/index.js';
export * from './pipelines/index.js';
export * from './random/index.js';
export type { CompileProperties } from './runtime/index.js';
export * from './schedulers/index.js';
export { version } from './common/version.js';
