import { join } from 'node:path';

import { writeFolderAtomically } from '../../common/atomic-folder.js';
import { callback, flag, signal as signalField } from '../../common/fields.js';
import { optionsSchema, parseOptions } from '../../common/options.js';
import { asSaveError } from '../../common/save-error.js';
import { COMPONENTS, type NetworkName } from '../layout.js';
import { saveMetadata, type ModelMetadata } from './save-metadata.js';

/** Progress event: one component of a model was written. */
export interface SaveProgress {
  readonly component: NetworkName;
  /** Components written, this one included. */
  readonly done: number;
  readonly total: number;
}

/** Options of `savePretrained` and `saveExport`. */
export interface SaveExportOptions {
  /** Whether a folder that exists is replaced. Default: false. */
  overwrite?: boolean | undefined;
  /** Called after each component is written. */
  onProgress?: ((progress: SaveProgress) => void) | undefined;
  /** Stops between two components; nothing is left of the folder then. */
  signal?: AbortSignal | undefined;
}

const saveOptionsSchema = optionsSchema<SaveExportOptions>()({
  overwrite: flag.optional(),
  onProgress: callback<(progress: SaveProgress) => void>().optional(),
  signal: signalField.optional(),
});

/** A model whose networks can be written. */
export interface SavedModel extends ModelMetadata {
  /** Folders that networks are read from, beside the source's own. */
  readonly roots?: readonly string[];
  readonly networks: readonly {
    readonly name: NetworkName;
    /** @param folder - is created; not there yet */
    readonly write: (folder: string, signal?: AbortSignal) => Promise<void>;
  }[];
  /** Adds files when all others are in the folder. */
  readonly complete?: (folder: string) => Promise<void>;
}

/** Folders of a model, in diffusers' layout or in optimum-intel's; what else is in a model's folder may be replaced. */
const FOLDERS: readonly string[] = Object.entries(COMPONENTS).flatMap(([key, layout]) =>
  'networks' in layout ? [key, ...layout.networks] : [key],
);

/**
 * Writes a model in optimum-intel's layout, atomically.
 *
 * @param subject - the function whose options these are, for messages
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
  const { overwrite = false, onProgress, signal } = parseOptions(saveOptionsSchema, options, subject);
  const { networks, source, tokenizers = {}, roots = [] } = model;
  const models = [source, ...roots];
  const sources = [
    ...models,
    ...models.flatMap((folder) => FOLDERS.map((name) => join(folder, name))),
    ...Object.values(tokenizers).map(({ folder }) => folder),
  ];
  signal?.throwIfAborted();
  await writeFolderAtomically(target, { overwrite, sources }, async (folder) => {
    for (const [place, { name, write }] of networks.entries()) {
      signal?.throwIfAborted();
      await write(join(folder, name), signal);
      onProgress?.({ component: name, done: place + 1, total: networks.length });
    }
    signal?.throwIfAborted();
    await asSaveError(target, async () => {
      await saveMetadata(model, folder, signal);
      await model.complete?.(folder);
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  });
}
