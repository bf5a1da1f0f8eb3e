export type { ComponentExport, ComponentName } from './component-export.js';
export { exportPipeline, type ExportOptions, type PipelineExport } from './export-pipeline.js';
export { saveExport } from './save-export.js';
export type { TokenizerSource } from './save-rest.js';
export { saveModel, type SaveExportOptions, type SaveProgress } from './save-model.js';
export {
  checkpointOptionSchemas,
  exportSingleFile,
  type SingleFileExport,
  type SingleFileExportOptions,
} from './single-file/export-single-file.js';
export { PREDICTION_TYPES, type PredictionType } from './single-file/scheduler-config.js';
export { WEIGHT_FORMATS, type WeightFormat } from './weight-formats.js';
