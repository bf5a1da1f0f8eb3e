export type { ComponentExport, ComponentName } from './component-export.js';
export { exportPipeline, type ExportOptions, type PipelineExport } from './export-pipeline.js';
export { saveExport, saveOptionsSchema, type SaveExportOptions, type SaveProgress } from './save-export.js';
export { saveRest } from './save-rest.js';
export { WEIGHT_FORMATS, type WeightFormat } from './weight-formats.js';
