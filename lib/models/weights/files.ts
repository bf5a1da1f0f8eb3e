import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';
import { isPickle, pickleError, prefersShards, weightVariants, type WeightFiles } from '../file-names.js';
import type { WeightsName } from '../layout.js';

const shardIndexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** One component's weights on disk. */
export interface FoundWeights {
  /** Paths of safetensors files: one, or the shards that an index names. */
  readonly files: readonly string[];
  /** Which variant they are; not the one asked for where the folder has only weights without a variant. */
  readonly variant: string | undefined;
}

/**
 * Finds the safetensors files of one component.
 *
 * @param name - without ending, e.g. 'diffusion_pytorch_model'
 * @param variant - as in `diffusion_pytorch_model.fp16.safetensors`; where the folder has no such files, those
 * without a variant are taken, as diffusers does for each component
 * @throws ModelLoadError `MODEL_NOT_FOUND` naming the variants there are, `UNSUPPORTED` where there are only pickles,
 * `CONFIG_INVALID` for an index that leads out of the folder
 */
export async function findWeights(
  folder: string,
  name: WeightsName,
  variant?: string,
): Promise<FoundWeights> {
  const present = await readdir(folder).catch((cause: unknown) => {
    throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder}`, { cause });
  });
  const variants = weightVariants(present, name);
  for (const candidate of new Set([variant, undefined])) {
    const found = variants.get(candidate);
    const files = found && (await filesOf(folder, name, found));
    if (files) return { files, variant: candidate };
  }
  throw notFound(
    folder,
    variant === undefined ? `${name}.safetensors` : `${name}.${variant}.safetensors`,
    present,
  );
}

async function filesOf(
  folder: string,
  name: WeightsName,
  { single, index }: WeightFiles,
): Promise<string[] | undefined> {
  if (index !== undefined && (single === undefined || prefersShards(name))) return readShards(folder, index);
  return single === undefined ? undefined : [join(folder, single)];
}

async function readShards(folder: string, index: string): Promise<string[]> {
  const path = join(folder, index);
  const { weight_map: places } = await readConfigFile(path, shardIndexSchema);
  const shards = [...new Set(Object.values(places))].sort();
  const strange = shards.find((shard) => !/^[^/\\]+\.safetensors$/.test(shard));
  if (strange !== undefined || shards.length === 0) {
    const found = strange === undefined ? 'no file' : `'${strange}'`;
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `Expected ${path} to name .safetensors files beside it but it names ${found}`,
    );
  }
  return shards.map((shard) => join(folder, shard));
}

function notFound(folder: string, wanted: string, present: readonly string[]): ModelLoadError {
  const others = present.filter((file) => /\.safetensors(\.|$)/.test(file));
  if (others.length > 0) {
    return new ModelLoadError(
      'MODEL_NOT_FOUND',
      `There is no ${wanted} in ${folder}, only ${others.join(', ')}; a variant is chosen with the option 'variant'`,
    );
  }
  const pickle = present.find(isPickle);
  if (pickle !== undefined) {
    return pickleError(
      join(folder, pickle),
      'DiffusionPipeline.from_pretrained(folder).save_pretrained(target, safe_serialization=True)',
    );
  }
  return new ModelLoadError('MODEL_NOT_FOUND', `There is no ${wanted} in ${folder}`);
}
