import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';

import { SaveError } from '../errors.js';
import { fileExists } from '../file-exists.js';
import { parseOptions } from '../options.js';
import type { ComponentExport, ComponentName } from './component-export.js';
import type { PipelineExport } from './export-pipeline.js';

export interface SaveProgress {
  readonly component: ComponentName;
  /** Components written, this one included. */
  readonly done: number;
  readonly total: number;
}

export interface SaveExportOptions {
  /** Whether a folder that is there already gives way. Default: false. */
  overwrite?: boolean;
  onProgress?: (progress: SaveProgress) => void;
  /** Checked between components. */
  signal?: AbortSignal;
}

const optionsSchema = z.strictObject({
  overwrite: z.boolean().default(false).describe('a boolean'),
  onProgress: z
    .custom<(progress: SaveProgress) => void>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
});

/** Copied as they are, where the source has them. */
const COPIED = ['scheduler', 'tokenizer', 'tokenizer_2', 'feature_extractor'];

/**
 * Writes a pipeline in optimum-intel's layout. All is written into a folder beside the target, which takes its place
 * only when complete; whatever happens before leaves the target as it was.
 *
 * @throws SaveError `SAVE_FAILED` when the target exists, or cannot be written
 * @throws ModelLoadError `MODEL_CORRUPT` when weights do not fit their network
 */
export async function saveExport(
  pipeline: PipelineExport,
  target: string,
  options: SaveExportOptions = {},
): Promise<void> {
  const { overwrite, onProgress, signal } = parseOptions(optionsSchema, options, 'saveExport');
  const folder = resolve(target);
  const exists = await fileExists(folder);
  if (exists && !overwrite) {
    throw new SaveError(`${target} exists already; the option 'overwrite' lets it give way`);
  }
  if (contains(folder, resolve(pipeline.source))) {
    throw new SaveError(`${target} cannot give way: the weights are read from ${pipeline.source}`);
  }
  const partial = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.partial`);
  try {
    await failing(target, () => mkdir(partial, { recursive: true }));
    for (const [place, component] of pipeline.components.entries()) {
      signal?.throwIfAborted();
      await saveComponent(component, join(partial, component.name), target);
      onProgress?.({ component: component.name, done: place + 1, total: pipeline.components.length });
    }
    await failing(target, async () => {
      await copyRest(pipeline, partial);
      if (exists) await exchange(partial, folder);
      else await rename(partial, folder);
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function saveComponent(component: ComponentExport, folder: string, target: string): Promise<void> {
  using model = component.build();
  await failing(target, async () => {
    await mkdir(folder);
    await model.serialize(join(folder, 'openvino_model.xml'), join(folder, 'openvino_model.bin'));
    await writeJson(join(folder, 'config.json'), component.config);
  });
}

async function copyRest({ source, index }: PipelineExport, folder: string): Promise<void> {
  for (const name of COPIED) {
    if (await fileExists(join(source, name)))
      await cp(join(source, name), join(folder, name), { recursive: true });
  }
  await writeJson(join(folder, 'model_index.json'), index);
}

/** The old folder is out of the way, and can come back, until the new one is in its place. */
async function exchange(partial: string, folder: string): Promise<void> {
  const old = `${partial}.old`;
  await rename(folder, old);
  try {
    await rename(partial, folder);
  } catch (error) {
    await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function failing<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new SaveError(`Cannot write ${target}: ${(cause as Error).message}`, { cause });
  }
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(join(folder, '/'));
}
