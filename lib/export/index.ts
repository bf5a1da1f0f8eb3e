export type { ComponentExport, ComponentName } from './component-export.js';
export { exportPipeline, type ExportOptions, type PipelineExport } from './export-pipeline.js';
export { saveExport } from './save-export.js';
export { saveModel, type SaveExportOptions, type SaveProgress } from './save-model.js';
export { WEIGHT_FORMATS, type WeightFormat } from './weight-formats.js';
