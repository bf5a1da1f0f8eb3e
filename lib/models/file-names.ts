import { ModelLoadError } from '../common/errors.js';
import type { WeightsName } from './layout.js';

/** The names that optimum-intel has given networks in OpenVINO IR, the newest first; each is an .xml and a .bin. */
export const IR_NAMES = ['openvino_model', 'ov_model'] as const;

const PICKLE = /\.(bin|ckpt|pt|pth)$/i;

/** Whether a file is a pickle, by its name. An IR's .bin is one by its name too: ask only where weights are looked for. */
export function isPickle(path: string): boolean {
  return PICKLE.test(path);
}

/** @param remedy - the Python that converts it to safetensors */
export function pickleError(path: string, remedy: string): ModelLoadError {
  return new ModelLoadError(
    'UNSUPPORTED',
    `${path} is a pickle, which can run any code when it is read, so only safetensors files are read. ` +
      `To convert it in Python: ${remedy}`,
  );
}

/** What the name of a file of weights says of it. */
type WeightFile =
  | { readonly part: 'single' | 'index'; readonly variant: string | undefined }
  | { readonly part: 'shard'; readonly of: number; readonly variant: string | undefined };

/**
 * Takes a file's name apart, in the forms that versions of diffusers and transformers have given shards and their
 * index, e.g. `model-00001-of-00002.fp16.safetensors` and `model.fp16-00001-of-00002.safetensors`.
 */
function parseWeightFile(file: string, name: WeightsName): WeightFile | undefined {
  if (!file.startsWith(name)) return undefined;
  const ending = file.slice(name.length);
  const single = /^(?:\.([\w-]+?))?\.safetensors$/.exec(ending);
  const shard = /^(?:\.([\w-]+))?-\d{5}-of-(\d{5})(?:\.([\w-]+))?\.safetensors$/.exec(ending);
  if (shard) return { part: 'shard', of: Number(shard[2]), variant: shard[1] ?? shard[3] };
  if (single) return { part: 'single', variant: single[1] };
  const index = /^(?:\.([\w-]+))?\.safetensors(?:\.([\w-]+))?\.index(?:\.([\w-]+))?\.json$/.exec(ending);
  return index ? { part: 'index', variant: index[1] ?? index[2] ?? index[3] } : undefined;
}

/** The files of one component's weights in one variant. */
export interface WeightFiles {
  readonly single: string | undefined;
  readonly index: string | undefined;
  /** The shards that are there. */
  readonly shards: readonly string[];
  /** Whether these are all, by the number in their names. */
  readonly hasAllShards: boolean;
}

/** What a folder has of one component's weights, by variant; `undefined` is the one without a name. */
export type WeightVariants = ReadonlyMap<string | undefined, WeightFiles>;

/** @param files - the names in a folder */
export function weightVariants(files: readonly string[], name: WeightsName): WeightVariants {
  const byVariant = new Map<string | undefined, { file: string; parsed: WeightFile }[]>();
  for (const file of files) {
    const parsed = parseWeightFile(file, name);
    if (!parsed) continue;
    byVariant.set(parsed.variant, [...(byVariant.get(parsed.variant) ?? []), { file, parsed }]);
  }
  const variants = new Map<string | undefined, WeightFiles>();
  for (const [variant, found] of byVariant) {
    const shards = found.filter(({ parsed }) => parsed.part === 'shard');
    variants.set(variant, {
      single: found.find(({ parsed }) => parsed.part === 'single')?.file,
      index: found.find(({ parsed }) => parsed.part === 'index')?.file,
      shards: shards.map(({ file }) => file).sort(),
      hasAllShards:
        shards.length > 0 &&
        shards.every(({ parsed }) => parsed.part === 'shard' && parsed.of === shards.length),
    });
  }
  return variants;
}

/**
 * Where there are both a single file and shards, diffusers takes its networks from the shards, transformers from the
 * single file.
 */
export function prefersShards(name: WeightsName): boolean {
  return name === 'diffusion_pytorch_model';
}
