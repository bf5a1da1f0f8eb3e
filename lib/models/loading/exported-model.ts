import type { PretrainedModel } from '../pretrained-model.js';
import type { WeightFormat } from '../weights/formats.js';
import type { PipelineExport } from './export-pipeline.js';
import { exportSource } from './export-source.js';
import { schedulerConfigIn, tokenizersIn } from './model-folder.js';

/** How a model's weights are converted while its networks are built. */
export interface ConversionOptions {
  readonly weightFormat?: WeightFormat | undefined;
  readonly clipSkip?: number | undefined;
  /** Folder for converted weights. Default: the system's for temporary files. */
  readonly scratchDir?: string | undefined;
}

/** A model whose networks are built here over mapped weights. */
export function exportedModel(
  exported: PipelineExport,
  { weightFormat = 'stored', clipSkip = 0, scratchDir }: ConversionOptions,
): PretrainedModel {
  const { source: path, index, schedulerConfig, tokenizers } = exported;
  return {
    name: path,
    path,
    index,
    networks: exported.components.map((component) => exportSource(component, path, scratchDir)),
    tokenizers: tokenizers ?? tokenizersIn(path, index),
    schedulerConfig: () => (schedulerConfig ? Promise.resolve(schedulerConfig) : schedulerConfigIn(path)),
    export: { weightFormat, clipSkip },
  };
}
