import type { PipelineExport } from '../loading/export-pipeline.js';
import { exportSource } from '../loading/export-source.js';
import { saveModel, type SaveExportOptions } from './save-model.js';

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
  await saveModel({ ...pipeline, networks }, target, options, 'saveExport');
}
