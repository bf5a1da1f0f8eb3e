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

/**
 * Configs and weights in safetensors of the networks that model_index.json names. As in diffusers, a component without
 * the variant is taken without it, but not all of them.
 *
 * @throws ModelLoadError `UNSUPPORTED` for a model of another kind, or of pickles only; `MODEL_NOT_FOUND` naming the
 * variants there are
 */
export function selectWeights(
  repository: Repository,
  { variant, safetyChecker }: { variant?: string | undefined; safetyChecker?: null | undefined },
): string[] {
  const { id, index } = repository;
  const missing = (['unet', 'vae'] as const).find((key) => !isNamed(index, key));
  if (missing !== undefined) {
    throw new ModelLoadError('UNSUPPORTED', `${id} is no Stable Diffusion model: it has no ${missing}`);
  }
  const keys = NETWORK_KEYS.filter(
    (key) => isNamed(index, key) && (key !== 'safety_checker' || safetyChecker !== null),
  );
  const selected = keys.map((key) => selectComponent(repository, key, variant));
  const [first = 'unet'] = keys;
  if (!selected.some((weights) => weights?.variant === variant)) throw notFound(repository, first, variant);
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
): Selected | undefined {
  const variants = variantsOf(repository, key);
  for (const candidate of new Set([variant, undefined])) {
    const files = filesOf(variants, key, candidate);
    if (files) return { files: files.map((name) => `${key}/${name}`), variant: candidate };
  }
  if (key === 'safety_checker') return undefined;
  throw notFound(repository, key, variant);
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

function variantsOf(repository: Repository, key: NetworkKey): WeightVariants {
  return weightVariants(filesIn(repository, key), COMPONENTS[key].weights);
}

function notFound(repository: Repository, key: NetworkKey, wanted: string | undefined): ModelLoadError {
  const { id } = repository;
  const what = wanted === undefined ? 'weights without a variant' : `'${wanted}' weights`;
  const present = [...variantsOf(repository, key).keys()];
  const others = present.filter((variant) => variant !== wanted);
  if (others.length > 0) {
    const list = others.map((variant) => (variant === undefined ? 'without one' : `'${variant}'`)).join(', ');
    return new ModelLoadError(
      'MODEL_NOT_FOUND',
      `${id} has no ${what} of its ${key}; the variants there are: ${list} (option 'variant')`,
    );
  }
  if (present.length === 0 && filesIn(repository, key).some(isPickle)) {
    return new ModelLoadError(
      'UNSUPPORTED',
      `${id} has the weights of its ${key} only as pickles, which can run any code when they are read, so only ` +
        `safetensors files are. Look for a revision or another repository that has them, or convert it in Python: ` +
        `DiffusionPipeline.from_pretrained('${id}').save_pretrained(folder, safe_serialization=True)`,
    );
  }
  return new ModelLoadError('MODEL_NOT_FOUND', `${id} has no ${what} of its ${key}, or not all of them`);
}
