import { join } from 'node:path';

import {
  exportedModel,
  exportSource,
  pipelineClassOf,
  saveModel,
  schedulerConfigIn,
  TOKENIZER_NAMES,
  withGenerationDefaults,
  type PipelineExport,
  type SaveExportOptions,
} from '../models/index.js';
import { withModelDefaults } from './generation-defaults.js';
import { correctSchedulerFile } from '../schedulers/index.js';
import { saveTokenizerNetwork } from '../tokenizer/index.js';

/**
 * Writes a pipeline in optimum-intel's layout, atomically.
 *
 * @param target - a folder that is created, or with `overwrite` replaced
 * @throws SaveError `SAVE_FAILED` when the target exists, or cannot be written
 * @throws ModelLoadError `MODEL_CORRUPT` when weights do not fit their network
 * @throws InvalidArgumentError
 * @throws the signal's reason when aborted
 * @example
 * ```ts
 * await saveExport(await exportPipeline('./stable-diffusion-v1-5'), './sd15-ov', {
 *   onProgress: ({ component, done, total }) => console.log(component, `${done}/${total}`),
 * });
 * ```
 */
export async function saveExport(
  pipeline: PipelineExport,
  target: string,
  options: SaveExportOptions = {},
): Promise<void> {
  const networks = pipeline.components.map((component) => ({
    name: component.name,
    write: (folder: string) => exportSource(component, pipeline.source).save(folder, target),
  }));
  const { source } = pipeline;
  const model = await withModelDefaults(exportedModel(pipeline, {}));
  const index = withGenerationDefaults(pipeline.index, model.generationDefaults ?? {});
  const given = pipeline.schedulerConfig && (await model.schedulerConfig());
  const schedulerConfig =
    given && !pipeline.hasFolderScheduler
      ? given
      : correctSchedulerFile(given ?? (await schedulerConfigIn(source)), pipelineClassOf(index), source);
  const roots = pipeline.components.flatMap(({ root }) => root ?? []);
  await saveModel(
    { ...pipeline, index, roots, schedulerConfig, networks, complete: saveTokenizerNetworks },
    target,
    options,
    'saveExport',
  );
}

/** Adds the tokenizers as networks, which openvino-genai reads. */
export async function saveTokenizerNetworks(folder: string): Promise<void> {
  for (const name of TOKENIZER_NAMES) await saveTokenizerNetwork(join(folder, name));
}
