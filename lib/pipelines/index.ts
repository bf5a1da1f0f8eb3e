export type { DescribedComponents } from './components.js';
export type { GenerateOptions, OutputType } from './generate-options.js';
export type {
  GenerateResult,
  GenerationSummary,
  GenerationTimings,
  OutputOf,
  RawImage,
} from './generate-result.js';
export type { StableDiffusionComponents } from './load-components.js';
export { OVDiffusionPipeline, type PipelineInit } from './pipeline.js';
export type { LoadingOptions, PipelineOptions, SingleFileOptions } from './pipeline-options.js';
export type { CompileProgress, ComponentProgress, PipelineProgress } from './progress.js';
export type { CompileOptions, ReshapeOptions } from './reshape-options.js';
export { saveExport } from './save-export.js';
export { OVStableDiffusionPipeline } from './text-to-image.js';
