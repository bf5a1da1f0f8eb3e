import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';
import { isNamed, TOKENIZER_NAMES, type ModelIndex } from '../layout.js';
import type { PretrainedModel } from '../pretrained-model.js';

const indexSchema = z.looseObject({ _class_name: z.string() });
const schedulerSchema = z.looseObject({});
const imageProcessorSchema = z.looseObject({});

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

/**
 * What the preprocessor_config.json of a model's folder says of its safety checker's images; {} without the file.
 *
 * @throws ModelLoadError `CONFIG_INVALID`
 */
export async function imageProcessorConfigIn(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, 'feature_extractor', 'preprocessor_config.json');
  return readConfigFile(path, imageProcessorSchema).catch((error: unknown) => {
    if (error instanceof ModelLoadError && error.code === 'MODEL_NOT_FOUND') return {};
    throw error;
  });
}
