import { join } from 'node:path';
import { z } from 'zod';

import { parseOptions } from '../../common/options.js';
import { saving, writeWholeFolder } from '../../common/atomic-folder.js';
import type { ComponentName } from '../loading/component-export.js';
import { saveRest, type SavedRest } from './save-metadata.js';

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

const optionsSchema = z.strictObject({
  overwrite: z.boolean().default(false).describe('a boolean'),
  onProgress: z
    .custom<(progress: SaveProgress) => void>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
});

/** A model whose networks know how to write themselves. */
export interface SavedModel extends SavedRest {
  readonly networks: readonly {
    readonly name: ComponentName;
    /** Makes this folder, which is not there yet. */
    readonly write: (folder: string) => Promise<void>;
  }[];
}

/**
 * Writes a model in optimum-intel's layout: whole, or not at all.
 *
 * @param subject - whose options these are, for messages
 * @throws SaveError `SAVE_FAILED` when the target exists, or cannot be written
 * @throws InvalidArgumentError
 * @throws the signal's reason when aborted
 */
export async function saveModel(
  model: SavedModel,
  target: string,
  options: SaveExportOptions,
  subject: string,
): Promise<void> {
  const { overwrite, onProgress, signal } = parseOptions(optionsSchema, options, subject);
  const { networks, source, tokenizer } = model;
  const sources = tokenizer ? [source, tokenizer.folder] : [source];
  signal?.throwIfAborted();
  await writeWholeFolder(target, { overwrite, sources }, async (folder) => {
    for (const [place, { name, write }] of networks.entries()) {
      signal?.throwIfAborted();
      await write(join(folder, name));
      onProgress?.({ component: name, done: place + 1, total: networks.length });
    }
    signal?.throwIfAborted();
    await saving(target, () => saveRest(model, folder));
  });
}
