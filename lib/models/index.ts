export type { ComponentExport, ComponentName } from './loading/component-export.js';
export { exportPipeline, type ExportOptions, type PipelineExport } from './loading/export-pipeline.js';
export { saveExport } from './saving/save-export.js';
export type { TokenizerSource } from './saving/save-metadata.js';
export { saveModel, type SaveExportOptions, type SaveProgress } from './saving/save-model.js';
export {
  checkpointOptionSchemas,
  exportSingleFile,
  type SingleFileExport,
  type SingleFileExportOptions,
} from './loading/single-file/export-single-file.js';
export { PREDICTION_TYPES, type PredictionType } from './loading/single-file/scheduler-config.js';
export { WEIGHT_FORMATS, type WeightFormat } from './weights/formats.js';
