import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../common/config-file.js';
import { isNamed, TOKENIZER_NAMES, type ModelIndex } from '../layout.js';
import type { PretrainedModel } from '../pretrained-model.js';

const indexSchema = z.looseObject({ _class_name: z.string() });
const schedulerSchema = z.looseObject({});

/**
 * What model_index.json says.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function readModelIndex(folder: string): Promise<ModelIndex> {
  return readConfigFile(join(folder, 'model_index.json'), indexSchema);
}

/** The folders of a model's tokenizers; `tokenizer` is there unless the index says that there is none. */
export function tokenizersIn(folder: string, index: ModelIndex): PretrainedModel['tokenizers'] {
  return Object.fromEntries(
    TOKENIZER_NAMES.filter(
      (name) => isNamed(index, name) || (name === 'tokenizer' && !Array.isArray(index[name])),
    ).map((name) => [name, { folder: join(folder, name) }]),
  );
}

/**
 * What the scheduler_config.json of a model's folder says.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function schedulerConfigIn(folder: string): Promise<Readonly<Record<string, unknown>>> {
  return readConfigFile(join(folder, 'scheduler', 'scheduler_config.json'), schedulerSchema);
}
