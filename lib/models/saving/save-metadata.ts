import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../common/config-file.js';
import { toPythonJson } from '../../common/python-json.js';
import { fileExists } from '../../common/file-exists.js';
import { saveTokenizerNetwork } from '../../tokenizer/index.js';

const TOKENIZERS = ['tokenizer', 'tokenizer_2'];
/** Copied as they are, where the source has them. */
const COPIED = [...TOKENIZERS, 'feature_extractor'];

/** A tokenizer that does not stand in the source's own folder. */
export interface TokenizerSource {
  readonly folder: string;
  /** What its JSON files say, by name, in place of those in the folder. */
  readonly files?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** What a saved model says of itself beside its networks. */
export interface SavedRest {
  /** Folder the files are copied from; or a file, which has none. */
  readonly source: string;
  /** Default: the source's. */
  readonly tokenizer?: TokenizerSource | undefined;
  /** What model_index.json says. */
  readonly index: Readonly<Record<string, unknown>>;
  /** What scheduler_config.json is to say, if not what the source's says. */
  readonly schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes all of a model but what it computes with: tokenizers, scheduler and model_index.json. */
export async function saveRest(
  { source, tokenizer, index, schedulerConfig }: SavedRest,
  folder: string,
): Promise<void> {
  for (const name of COPIED) await copyFolder(join(source, name), join(folder, name));
  if (tokenizer) await copyFolder(tokenizer.folder, join(folder, 'tokenizer'));
  for (const [name, content] of Object.entries(tokenizer?.files ?? {})) {
    await writeFile(join(folder, 'tokenizer', name), toPythonJson(content));
  }
  for (const name of TOKENIZERS) await saveTokenizerNetwork(join(folder, name));
  const schedulerFile = join('scheduler', 'scheduler_config.json');
  const saved = schedulerConfig ?? (await readConfigFile(join(source, schedulerFile), z.looseObject({})));
  await mkdir(join(folder, 'scheduler'), { recursive: true });
  await writeFile(join(folder, schedulerFile), toPythonJson(withoutInfinity(saved)));
  const scheduler = schedulerConfig && { scheduler: ['diffusers', schedulerConfig._class_name] };
  await writeFile(join(folder, 'model_index.json'), toPythonJson({ ...index, ...scheduler }));
}

async function copyFolder(from: string, to: string): Promise<void> {
  if (!(await fileExists(from))) return;
  // A folder that cp makes itself cannot be written to where the source cannot.
  await mkdir(to);
  // A hub's cache holds links to its files.
  await cp(from, to, { recursive: true, dereference: true });
}

/**
 * diffusers writes this default as -Infinity, which is no JSON: openvino-genai cannot read such a file. Left out, it is
 * the default still.
 */
function withoutInfinity({ lambda_min_clipped: clip, ...config }: Readonly<Record<string, unknown>>) {
  return clip === undefined || clip === -Infinity ? config : { ...config, lambda_min_clipped: clip };
}
