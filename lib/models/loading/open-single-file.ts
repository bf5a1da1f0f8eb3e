import { ClipTokenizer } from '../../tokenizer/index.js';
import { exportSingleFile, type SingleFileExportOptions } from '../index.js';
import { schedulerFromConfig } from '../../schedulers/index.js';
import { exportedModel } from './exported-model.js';
import { requirePipeline, type ModelFolder } from './model-folder.js';

/**
 * An original checkpoint, its networks built here over the mapped weights.
 *
 * @throws ModelLoadError naming what is missing, broken or not supported
 */
export async function openSingleFile(path: string, options: SingleFileExportOptions): Promise<ModelFolder> {
  const exported = await exportSingleFile(path, options);
  const { index, tokenizer, schedulerConfig } = exported;
  requirePipeline(index, path);
  return exportedModel(exported, {
    tokenizer: () => ClipTokenizer.fromPretrained(tokenizer.folder, tokenizer.files),
    scheduler: () => Promise.resolve().then(() => schedulerFromConfig(schedulerConfig, path)),
  });
}
