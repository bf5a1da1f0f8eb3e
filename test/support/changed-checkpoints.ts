import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll } from 'vitest';

import { checkpointOf, writeTensors, zeros, type StoredTensors, type TinyModel } from './checkpoints.js';

let work: string;
let files = 0;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'single-file-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

/** A path of its own in a folder that goes when the tests have run. */
export const newFile = (name = `${++files}.safetensors`): string => join(work, name);

/** A tiny model's checkpoint with changes. */
export async function changed(model: TinyModel, change: (tensors: StoredTensors) => void): Promise<string> {
  const tensors = await checkpointOf(model);
  change(tensors);
  return writeTensors(newFile(), tensors);
}

export const unchanged = (model: TinyModel): Promise<string> => changed(model, () => undefined);

export const without = (model: TinyModel, pattern: RegExp): Promise<string> =>
  changed(model, (tensors) => {
    for (const key of tensors.keys()) if (pattern.test(key)) tensors.delete(key);
  });

export const withMore = (model: TinyModel, ...keys: string[]): Promise<string> =>
  changed(model, (tensors) => {
    for (const key of keys) tensors.set(key, zeros(2));
  });

/** A file of these keys alone. */
export const only = (...keys: string[]): Promise<string> =>
  writeTensors(newFile(), new Map(keys.map((key) => [key, zeros(4, 4, 3, 3)])));
