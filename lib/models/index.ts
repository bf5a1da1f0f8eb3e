export { correctUNetConfig } from './definitions/unet/corrections.js';
export { IR_NAMES, isPickle, prefersShards, weightVariants, type WeightVariants } from './file-names.js';
export {
  savedGenerationDefaults,
  withGenerationDefaults,
  type GenerationDefaults,
} from './generation-defaults.js';
export * from './layout.js';
export type { ComponentExport } from './loading/component-export.js';
export { exportOptionFields, type ExportOptions } from './loading/export-options.js';
export { exportPipeline, type PipelineExport } from './loading/export-pipeline.js';
export { exportedModel } from './loading/exported-model.js';
export { exportSource } from './loading/export-source.js';
export { imageProcessorConfigIn, readModelIndex, schedulerConfigIn } from './loading/model-folder.js';
export { probeIr } from './loading/probe-ir.js';
export { openFolder, openSingleFile } from './loading/open-model.js';
export {
  checkpointFields,
  exportSingleFile,
  type SingleFileExport,
  type SingleFileExportOptions,
} from './loading/single-file/export-single-file.js';
export { PREDICTION_TYPES, type PredictionType } from './loading/single-file/scheduler-config.js';
export { openVae } from './loading/vae/open-vae.js';
export type { ReplacementVae } from './loading/vae/replacement-vae.js';
export { tinyVaeSource } from './loading/vae/tiny-vae.js';
export { checkVaeConfig } from './loading/vae/vae-folder.js';
export { modelKindOf } from './model-kind.js';
export type { NetworkSource } from './network-source.js';
export { findNetwork, requireNetwork, type PretrainedModel } from './pretrained-model.js';
export { saveModel, type SaveExportOptions, type SaveProgress } from './saving/save-model.js';
export type { TokenizerSource } from './tokenizer-source.js';
export { WEIGHT_FORMATS, type WeightFormat } from './weights/formats.js';
export { HeldFiles } from './weights/held-files.js';
