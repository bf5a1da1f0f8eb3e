export type { ComponentExport, ComponentName } from './component-export.js';
export { exportPipeline, type ExportOptions, type PipelineExport } from './export-pipeline.js';
export { saveExport, type SaveExportOptions, type SaveProgress } from './save-export.js';
export type { WeightFormat } from './weight-formats.js';
