import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { toPythonJson } from '../config-file.js';
import { parseOptions } from '../options.js';
import { saving, writeWholeFolder } from '../whole-folder.js';
import type { ComponentExport, ComponentName } from './component-export.js';
import type { PipelineExport } from './export-pipeline.js';
import { saveRest } from './save-rest.js';

/** Told after each component of a model is written. */
export interface SaveProgress {
  readonly component: ComponentName;
  /** Components written, this one included. */
  readonly done: number;
  readonly total: number;
}

export interface SaveExportOptions {
  /** Whether a folder that is there already gives way. Default: false. */
  overwrite?: boolean | undefined;
  onProgress?: ((progress: SaveProgress) => void) | undefined;
  /** Checked between components. */
  signal?: AbortSignal | undefined;
}

export const saveOptionsSchema = z.strictObject({
  overwrite: z.boolean().default(false).describe('a boolean'),
  onProgress: z
    .custom<(progress: SaveProgress) => void>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
});

/**
 * Writes a pipeline in optimum-intel's layout: whole, or not at all.
 *
 * @param target - a folder that is made, or with `overwrite` replaced
 * @throws SaveError `SAVE_FAILED` when the target exists, or cannot be written
 * @throws ModelLoadError `MODEL_CORRUPT` when weights do not fit their network
 * @throws InvalidArgumentError
 * @throws the signal's reason when aborted
 */
export async function saveExport(
  pipeline: PipelineExport,
  target: string,
  options: SaveExportOptions = {},
): Promise<void> {
  const { overwrite, onProgress, signal } = parseOptions(saveOptionsSchema, options, 'saveExport');
  signal?.throwIfAborted();
  await writeWholeFolder(target, { overwrite, sources: [pipeline.source] }, async (folder) => {
    for (const [place, component] of pipeline.components.entries()) {
      signal?.throwIfAborted();
      await saveComponent(component, join(folder, component.name), target);
      onProgress?.({ component: component.name, done: place + 1, total: pipeline.components.length });
    }
    signal?.throwIfAborted();
    await saving(target, () => saveRest(pipeline, folder));
  });
}

async function saveComponent(component: ComponentExport, folder: string, target: string): Promise<void> {
  using model = component.build();
  await saving(target, async () => {
    await mkdir(folder);
    await model.serialize(join(folder, 'openvino_model.xml'), join(folder, 'openvino_model.bin'));
    await writeFile(join(folder, 'config.json'), toPythonJson(component.config));
  });
}
