import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';

const PICKLES = /\.(bin|ckpt|pt|pth)$/i;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * The safetensors files of one component: one, or the shards that an index names.
 *
 * @param name - without ending, e.g. 'diffusion_pytorch_model'
 * @param variant - as in `diffusion_pytorch_model.fp16.safetensors`; only files of that variant are taken
 * @throws ModelLoadError `MODEL_NOT_FOUND` naming the variants there are, `UNSUPPORTED` where there are only pickles,
 * `CONFIG_INVALID` for an index that leads out of the folder
 */
export async function findWeightFiles(folder: string, name: string, variant?: string): Promise<string[]> {
  const present = await readdir(folder).catch((cause: unknown) => {
    throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder}`, { cause });
  });
  const whole = variant === undefined ? `${name}.safetensors` : `${name}.${variant}.safetensors`;
  if (present.includes(whole)) return [join(folder, whole)];

  const index = indexNames(name, variant).find((candidate) => present.includes(candidate));
  if (index !== undefined) return readIndex(folder, index);

  throw notFound(folder, whole, present);
}

/** The places in which different versions of diffusers and transformers put the variant. */
function indexNames(name: string, variant: string | undefined): string[] {
  if (variant === undefined) return [`${name}.safetensors.index.json`];
  return [
    `${name}.safetensors.index.${variant}.json`,
    `${name}.safetensors.${variant}.index.json`,
    `${name}.${variant}.safetensors.index.json`,
  ];
}

async function readIndex(folder: string, index: string): Promise<string[]> {
  const path = join(folder, index);
  const { weight_map: places } = await readConfigFile(path, indexSchema);
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

/** Whether a file is a pickle, going by its name. */
export function isPickle(path: string): boolean {
  return PICKLES.test(path);
}

/** @param conversion - the Python that makes safetensors of it */
export function pickleError(path: string, conversion: string): ModelLoadError {
  return new ModelLoadError(
    'UNSUPPORTED',
    `${path} is a pickle, which could run any code when read, so only safetensors are. To convert it in Python: ` +
      conversion,
  );
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
