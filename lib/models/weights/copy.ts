import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openSafetensors } from './safetensors.js';

/**
 * Copies a component's weights under transformers' names without a variant, so that readers find them whichever
 * variant they were.
 *
 * @param files - safetensors files: one, or shards
 */
export async function copyWeights(files: readonly string[], folder: string): Promise<void> {
  const [single, ...others] = files;
  if (single === undefined) return;
  if (others.length === 0) {
    await copyFile(single, join(folder, 'model.safetensors'));
    return;
  }
  const shardOf: Record<string, string> = {};
  const padded = (value: number): string => String(value).padStart(5, '0');
  for (const [place, file] of files.entries()) {
    const shard = `model-${padded(place + 1)}-of-${padded(files.length)}.safetensors`;
    await copyFile(file, join(folder, shard));
    const { mapping, entries } = openSafetensors(file);
    mapping.dispose();
    for (const key of entries.keys()) shardOf[key] = shard;
  }
  const index = { metadata: {}, weight_map: shardOf };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
}
