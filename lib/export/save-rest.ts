import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile, toPythonJson } from '../config-file.js';
import { fileExists } from '../file-exists.js';

/** Copied as they are, where the source has them. */
const COPIED = ['tokenizer', 'tokenizer_2', 'feature_extractor'];

/** What a saved model says of itself beside its networks. */
export interface SavedRest {
  /** Folder the files are copied from. */
  readonly source: string;
  /** What model_index.json says. */
  readonly index: Readonly<Record<string, unknown>>;
  /** What scheduler_config.json is to say, if not what the source's says. */
  readonly schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes all of a model but its networks: tokenizer, scheduler and model_index.json. */
export async function saveRest({ source, index, schedulerConfig }: SavedRest, folder: string): Promise<void> {
  for (const name of COPIED) {
    if (!(await fileExists(join(source, name)))) continue;
    // A hub's cache holds links to its files.
    await cp(join(source, name), join(folder, name), { recursive: true, dereference: true });
  }
  const schedulerFile = join('scheduler', 'scheduler_config.json');
  const saved = schedulerConfig ?? (await readConfigFile(join(source, schedulerFile), z.looseObject({})));
  await mkdir(join(folder, 'scheduler'), { recursive: true });
  await writeFile(join(folder, schedulerFile), toPythonJson(withoutInfinity(saved)));
  const scheduler = schedulerConfig && { scheduler: ['diffusers', schedulerConfig._class_name] };
  await writeFile(join(folder, 'model_index.json'), toPythonJson({ ...index, ...scheduler }));
}

/**
 * diffusers writes this default as -Infinity, which is no JSON: openvino-genai cannot read such a file. Left out, it is
 * the default still.
 */
function withoutInfinity({ lambda_min_clipped: clip, ...config }: Readonly<Record<string, unknown>>) {
  return clip === undefined || clip === -Infinity ? config : { ...config, lambda_min_clipped: clip };
}
