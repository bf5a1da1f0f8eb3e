import { InvalidArgumentError, ModelLoadError } from '../common/errors.js';

export interface FileSelection {
  /** Variant of the weights: 'fp16' selects `*.fp16.safetensors`. Default: files without a variant. */
  variant?: string | undefined;
  /** Whether to select weights for an export (true) or OpenVINO networks (false). Default: networks if there are any. */
  export?: boolean | undefined;
}

/** Folders without networks, which are small and copied by exports. */
const TEXT_FOLDERS = ['scheduler', 'tokenizer', 'tokenizer_2', 'feature_extractor'];

/** Components whose networks exports build, and the names of their weights. */
const WEIGHTS = {
  text_encoder: 'model',
  text_encoder_2: 'model',
  unet: 'diffusion_pytorch_model',
  vae: 'diffusion_pytorch_model',
  safety_checker: 'model',
} as const;

const IR_FOLDERS = ['text_encoder', 'text_encoder_2', 'unet', 'vae_decoder', 'vae_encoder'];
const IR_REQUIRED = ['text_encoder', 'unet', 'vae_decoder'];
/** The names optimum-intel gives networks, the newest first. */
const IR_NAMES = ['openvino_model', 'ov_model'];

const PICKLES = /\.(bin|ckpt|pt|pth)$/;

/** A repository: its id for errors, its files, and the content of its model_index.json. */
export interface Repository {
  readonly id: string;
  readonly paths: readonly string[];
  readonly index: Readonly<Record<string, unknown>>;
}

/**
 * The files of a repository that a pipeline needs: configs, tokenizers, and one set of weights, either OpenVINO's or
 * one variant in safetensors.
 *
 * @throws ModelLoadError `UNSUPPORTED` for a model of another kind, `MODEL_NOT_FOUND` naming the variants there are
 * @throws InvalidArgumentError for a variant of OpenVINO networks
 */
export function selectFiles(repository: Repository, selection: FileSelection): string[] {
  const texts = TEXT_FOLDERS.flatMap((folder) =>
    filesIn(repository, folder)
      .filter((name) => /\.(json|txt|model)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const isExported = selectsNetworks(repository, selection);
  if (isExported && selection.variant !== undefined) {
    throw new InvalidArgumentError(
      `The option 'variant' is for models to be exported, and ${repository.id} is exported already; 'export: true' ` +
        `takes its weights instead`,
    );
  }
  const networks = isExported ? selectNetworks(repository) : selectWeights(repository, selection.variant);
  return ['model_index.json', ...texts, ...networks];
}

/** Whether to select OpenVINO networks, by the rule `fromPretrained` has for folders. */
function selectsNetworks(repository: Repository, selection: FileSelection): boolean {
  if (selection.export === true) return false;
  return selection.export === false || networkFiles(repository, 'unet').length > 0;
}

function selectNetworks(repository: Repository): string[] {
  return IR_FOLDERS.flatMap((folder) => {
    const files = networkFiles(repository, folder);
    if (files.length > 0) return [...configsIn(repository, folder), ...files];
    if (!IR_REQUIRED.includes(folder)) return [];
    throw new ModelLoadError(
      'MODEL_NOT_FOUND',
      `${repository.id} has no OpenVINO network of its ${folder} (openvino_model.xml and .bin)`,
    );
  });
}

function networkFiles(repository: Repository, folder: string): string[] {
  const present = filesIn(repository, folder);
  const name = IR_NAMES.find((candidate) => present.includes(`${candidate}.xml`));
  return name !== undefined && present.includes(`${name}.bin`)
    ? [`${folder}/${name}.xml`, `${folder}/${name}.bin`]
    : [];
}

function selectWeights(repository: Repository, variant: string | undefined): string[] {
  const { id, index } = repository;
  const names = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];
  const missing = ['unet', 'vae'].find((name) => !isNamed(index, name));
  if (missing !== undefined) {
    throw new ModelLoadError('UNSUPPORTED', `${id} is no Stable Diffusion model: it has no ${missing}`);
  }
  return names
    .filter((name) => isNamed(index, name))
    .flatMap((folder) => [
      ...configsIn(repository, folder),
      ...weightFiles(repository, folder, WEIGHTS[folder], variant).map((name) => `${folder}/${name}`),
    ]);
}

/** One file, or the shards with the index that names them. */
function weightFiles(
  repository: Repository,
  folder: string,
  name: string,
  variant: string | undefined,
): string[] {
  const found = filesIn(repository, folder)
    .map((file) => ({ file, ...readName(file, name) }))
    .filter((candidate) => 'part' in candidate);
  const ofVariant = found.filter((candidate) => candidate.variant === variant);
  const whole = ofVariant.find(({ part }) => part === 'whole');
  if (whole) return [whole.file];

  const shards = ofVariant.filter((candidate) => candidate.part === 'shard');
  const index = ofVariant.find(({ part }) => part === 'index');
  if (index && shards.length > 0 && shards.every(({ of }) => of === shards.length)) {
    return [index.file, ...shards.map(({ file }) => file)];
  }
  throw notFound(repository, folder, variant, [...new Set(found.map((candidate) => candidate.variant))]);
}

type NameOfWeights =
  | { part: 'whole' | 'index'; variant: string | undefined }
  | { part: 'shard'; of: number; variant: string | undefined };

/**
 * Parses a file's name, in the forms that versions of diffusers and transformers have given shards and their index,
 * e.g. `model-00001-of-00002.fp16.safetensors` and `model.fp16-00001-of-00002.safetensors`.
 */
function readName(file: string, name: string): NameOfWeights | undefined {
  if (!file.startsWith(name)) return undefined;
  const suffix = file.slice(name.length);
  const [isWhole, whole] = /^(?:\.([\w-]+?))?\.safetensors$/.exec(suffix) ?? [];
  const [isShard, before, of, after] =
    /^(?:\.([\w-]+))?-\d{5}-of-(\d{5})(?:\.([\w-]+))?\.safetensors$/.exec(suffix) ?? [];
  if (isShard !== undefined) return { part: 'shard', of: Number(of), variant: before ?? after };
  if (isWhole !== undefined) return { part: 'whole', variant: whole };
  const [isIndex, early, middle, late] =
    /^(?:\.([\w-]+))?\.safetensors(?:\.([\w-]+))?\.index(?:\.([\w-]+))?\.json$/.exec(suffix) ?? [];
  return isIndex === undefined ? undefined : { part: 'index', variant: early ?? middle ?? late };
}

function notFound(
  repository: Repository,
  folder: string,
  wanted: string | undefined,
  others: readonly (string | undefined)[],
): ModelLoadError {
  const { id } = repository;
  const what = wanted === undefined ? 'weights without a variant' : `'${wanted}' weights`;
  const known = others.filter((variant) => variant !== wanted);
  if (known.length > 0) {
    const list = known.map((variant) => (variant === undefined ? 'without one' : `'${variant}'`)).join(', ');
    return new ModelLoadError(
      'MODEL_NOT_FOUND',
      `${id} has no ${what} of its ${folder}; the variants there are: ${list} (option 'variant')`,
    );
  }
  if (others.length === 0 && filesIn(repository, folder).some((file) => PICKLES.test(file))) {
    return new ModelLoadError(
      'UNSUPPORTED',
      `${id} has the weights of its ${folder} only as pickles, which could run any code when read, so only safetensors ` +
        `are. Look for a revision or another repository that has them, or convert it in Python: ` +
        `DiffusionPipeline.from_pretrained('${id}').save_pretrained(folder, safe_serialization=True)`,
    );
  }
  return new ModelLoadError('MODEL_NOT_FOUND', `${id} has no ${what} of its ${folder}, or not all of them`);
}

/** Whether model_index.json names a class for a component. */
function isNamed(index: Readonly<Record<string, unknown>>, name: string): boolean {
  const entry = index[name];
  return Array.isArray(entry) && typeof entry[1] === 'string';
}

/** The names of the files directly in a folder. */
function filesIn({ paths }: Repository, folder: string): string[] {
  return paths
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1))
    .filter((name) => !name.includes('/'));
}

/** A network's configs; the index of its shards belongs to its weights. */
function configsIn(repository: Repository, folder: string): string[] {
  return filesIn(repository, folder)
    .filter((name) => name.endsWith('.json') && !name.includes('.index.'))
    .map((name) => `${folder}/${name}`);
}
