import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { fileExists } from '../../common/file-exists.js';
import { toPythonJson } from '../../common/python-json.js';
import { TEXT_FOLDERS, type ModelIndex, type TokenizerName } from '../layout.js';
import { schedulerConfigIn } from '../loading/model-folder.js';
import type { TokenizerSource } from '../tokenizer-source.js';
import { copyFiles } from './copy-files.js';

/** What a saved model has beside its networks. */
export interface ModelMetadata {
  /** Folder that files are copied from; or a checkpoint, which has none. */
  readonly source: string;
  /** By their folders' names. Default: the source's. */
  readonly tokenizers?: Readonly<Partial<Record<TokenizerName, TokenizerSource>>> | undefined;
  /** What model_index.json says. */
  readonly index: ModelIndex;
  /** What scheduler_config.json is to say, if not what the source's says. */
  readonly schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** Files of tokenizers and the like; a tokenizer's network is openvino-genai's. */
const TEXT_FILES = /\.(json|txt|model)$|^openvino_(de)?tokenizer\.(xml|bin)$|^(LICENSE|NOTICE)$/;

/** Writes what a model has beside its networks: tokenizers, scheduler and model_index.json. */
export async function saveMetadata(
  { source, tokenizers = {}, index, schedulerConfig }: ModelMetadata,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const options = { names: TEXT_FILES, signal };
  for (const name of TEXT_FOLDERS) {
    if (name === 'scheduler' || name in tokenizers || !(await fileExists(join(source, name)))) continue;
    await copyFiles(join(source, name), join(folder, name), { ...options, root: source });
  }
  for (const [name, tokenizer] of Object.entries(tokenizers)) {
    await copyFiles(tokenizer.folder, join(folder, name), { ...options, root: tokenizer.folder });
    for (const [file, content] of Object.entries(tokenizer.files ?? {})) {
      await writeFile(join(folder, name, file), toPythonJson(content));
    }
  }
  await saveScheduler(schedulerConfig ?? (await schedulerConfigIn(source)), folder);
  const scheduler = schedulerConfig && { scheduler: ['diffusers', schedulerConfig._class_name] };
  await writeFile(join(folder, 'model_index.json'), toPythonJson({ ...index, ...scheduler }));
}

async function saveScheduler(config: Readonly<Record<string, unknown>>, folder: string): Promise<void> {
  const path = join(folder, 'scheduler', 'scheduler_config.json');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, toPythonJson(withoutInfinity(config)));
}

/**
 * diffusers writes this default as -Infinity, which is no JSON: openvino-genai cannot read such a file. Where it is left
 * out, the default is the same.
 */
function withoutInfinity({ lambda_min_clipped: clip, ...config }: Readonly<Record<string, unknown>>) {
  return clip === undefined || clip === -Infinity ? config : { ...config, lambda_min_clipped: clip };
}
