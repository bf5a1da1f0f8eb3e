import { posix } from 'node:path';

import { ModelLoadError } from '../common/errors.js';
import {
  COMPONENTS,
  isNamed,
  isPickle,
  NETWORK_KEYS,
  prefersShards,
  weightVariants,
  type NetworkKey,
  type WeightVariants,
} from '../models/index.js';
import { configsIn, filesIn, type Repository } from './repository.js';

/** Weights of one component. */
interface Selected {
  readonly files: readonly string[];
  /** Which variant they are: the one asked for, or none. */
  readonly variant: string | undefined;
}

/** Which weights are selected. */
export interface WeightSelection {
  readonly variant?: string | undefined;
  /** null: not the safety checker. */
  readonly safetyChecker?: null | undefined;
  /** A VAE from elsewhere: not the repository's. */
  readonly vae?: { readonly hasVariant: boolean } | undefined;
}

/**
 * Configs and weights in safetensors of the networks that model_index.json names. As in diffusers, a component without
 * the variant is taken without it, but not all of them.
 *
 * @throws ModelLoadError `UNSUPPORTED` for a model of another kind, or of pickles only; `MODEL_NOT_FOUND` naming the
 * variants there are
 */
export function selectWeights(
  repository: Repository,
  { variant, safetyChecker, vae }: WeightSelection,
): string[] {
  const { id, index } = repository;
  const missing = (['unet', 'vae'] as const).find((key) => !isNamed(index, key) && (key !== 'vae' || !vae));
  if (missing !== undefined) {
    throw new ModelLoadError('UNSUPPORTED', `${id} is no Stable Diffusion model: it has no ${missing}`);
  }
  const leftOut = { safety_checker: safetyChecker === null, vae: vae !== undefined };
  const keys = NETWORK_KEYS.filter(
    (key) => isNamed(index, key) && !(leftOut as Partial<Record<NetworkKey, boolean>>)[key],
  );
  const selected = keys.map((key) => selectComponent(repository, key, variant));
  const [first = 'unet'] = keys;
  const hasVariant = selected.some((weights) => weights?.variant === variant);
  if (!hasVariant && !vae?.hasVariant) throw notFound(repository, first, variant);
  return keys.flatMap((key, i) => [...configsIn(repository, key), ...(selected[i]?.files ?? [])]);
}

/** Configs and weights of the safety checker, which models in OpenVINO's layout have as weights, if it is there. */
export function selectSafetyChecker(repository: Repository): string[] {
  const weights = selectComponent(repository, 'safety_checker', undefined);
  return weights ? [...configsIn(repository, 'safety_checker'), ...weights.files] : [];
}

/** @returns undefined for a safety checker without weights, which loading warns of */
function selectComponent(
  repository: Repository,
  key: NetworkKey,
  variant: string | undefined,
  folder: string = key,
): Selected | undefined {
  const variants = variantsOf(repository, key, folder);
  for (const candidate of new Set([variant, undefined])) {
    const files = filesOf(variants, key, candidate);
    if (files) return { files: files.map((name) => posix.join(folder, name)), variant: candidate };
  }
  if (key === 'safety_checker') return undefined;
  throw notFound(repository, key, variant, folder);
}

/**
 * Config and weights of the VAE in a folder.
 *
 * @param folder - '' for the repository itself
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `UNSUPPORTED`
 */
export function selectVaeWeights(
  repository: Repository,
  folder: string,
  variant: string | undefined,
): string[] {
  return [
    posix.join(folder, 'config.json'),
    ...(selectComponent(repository, 'vae', variant, folder)?.files ?? []),
  ];
}

/** One file, or all shards with the index that names them. */
function filesOf(
  variants: WeightVariants,
  key: NetworkKey,
  variant: string | undefined,
): readonly string[] | undefined {
  const found = variants.get(variant);
  if (!found) return undefined;
  const { single, index, shards, hasAllShards } = found;
  const isSharded = index !== undefined && hasAllShards;
  if (isSharded && (single === undefined || prefersShards(COMPONENTS[key].weights)))
    return [index, ...shards];
  return single === undefined ? undefined : [single];
}

function variantsOf(repository: Repository, key: NetworkKey, folder: string = key): WeightVariants {
  return weightVariants(filesIn(repository, folder), COMPONENTS[key].weights);
}

function notFound(
  repository: Repository,
  key: NetworkKey,
  wanted: string | undefined,
  folder: string = key,
): ModelLoadError {
  const { id } = repository;
  const what = wanted === undefined ? 'weights without a variant' : `'${wanted}' weights`;
  const present = [...variantsOf(repository, key, folder).keys()];
  const others = present.filter((variant) => variant !== wanted);
  if (others.length > 0) {
    const list = others.map((variant) => (variant === undefined ? 'without one' : `'${variant}'`)).join(', ');
    return new ModelLoadError(
      'MODEL_NOT_FOUND',
      `${id} has no ${what} of its ${key}; the variants there are: ${list} (option 'variant')`,
    );
  }
  if (present.length === 0 && filesIn(repository, folder).some(isPickle)) {
    return new ModelLoadError(
      'UNSUPPORTED',
      `${id} has the weights of its ${key} only as pickles, which can run any code when they are read, so only ` +
        `safetensors files are. Look for a revision or another repository that has them, or convert it in Python: ` +
        `DiffusionPipeline.from_pretrained('${id}').save_pretrained(folder, safe_serialization=True)`,
    );
  }
  return new ModelLoadError('MODEL_NOT_FOUND', `${id} has no ${what} of its ${key}, or not all of them`);
}
