import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { ModelLoadError } from '../common/errors.js';
import { selectFiles, type FileSelection } from './select-files.js';
import { selectVae } from './select-vae.js';

/** What is wanted of a repository. */
export interface Subject {
  /** The file that says what it is, which is downloaded before all others. */
  readonly firstFile: (id: string, paths: readonly string[], selection: FileSelection) => string | undefined;
  /** What that file is, where there is none. */
  readonly described: string;
  /** What is wrong with a repository without that file. */
  readonly absent: (id: string) => ModelLoadError;
  /**
   * @param folder - of the snapshot, which has the first file
   * @throws ModelLoadError
   */
  readonly select: (
    id: string,
    paths: readonly string[],
    selection: FileSelection,
    folder: string,
  ) => Promise<string[]>;
}

const MODEL_INDEX = 'model_index.json';

/** A whole model. */
export const MODEL: Subject = {
  firstFile: (_, paths) => (paths.includes(MODEL_INDEX) ? MODEL_INDEX : undefined),
  described: MODEL_INDEX,
  absent: (id) =>
    new ModelLoadError(
      'UNSUPPORTED',
      `${id} has no model_index.json: it is not in diffusers' layout. Download a single-file checkpoint yourself, and ` +
        `load it with fromSingleFile`,
    ),
  select: async (id, paths, selection, folder) => {
    const index = await readConfigFile(join(folder, MODEL_INDEX), z.looseObject({}));
    return selectFiles({ id, paths, index }, selection);
  },
};

const SCHEDULER_FILE = 'scheduler_config.json';

/**
 * A scheduler's file alone.
 *
 * @param subfolder - where it is. Default: 'scheduler' where there is one, else the folder itself
 */
export function schedulerSubject(subfolder: string | undefined): Subject {
  const first = `${subfolder?.replace(/\/+$/, '') ?? 'scheduler'}/${SCHEDULER_FILE}`;
  const files = subfolder === undefined ? [first, SCHEDULER_FILE] : [first];
  const find = (paths: readonly string[]): string[] =>
    files.filter((file) => paths.includes(file)).slice(0, 1);
  return {
    firstFile: (_, paths) => find(paths)[0],
    described: first,
    absent: (id) => new ModelLoadError('MODEL_NOT_FOUND', `${id} has no ${files.join(' or ')}`),
    select: (_, paths) => Promise.resolve(find(paths)),
  };
}

const CONFIG = /(^|\/)config\.json$/;

/** A VAE alone, in its own repository or a model's. */
export const VAE: Subject = {
  firstFile: (id, paths, { variant }) =>
    selectVae({ id, paths }, variant).find((path) => CONFIG.test(path) && paths.includes(path)),
  described: "a VAE's config.json",
  absent: (id) => new ModelLoadError('MODEL_NOT_FOUND', `${id} has no config.json beside its VAE`),
  select: (id, paths, { variant }) => Promise.resolve(selectVae({ id, paths }, variant)),
};
