import { ModelLoadError } from '../common/errors.js';

/**
 * What a model is: which components a pipeline class has, which classes this package can build of each, and where
 * their files are, in diffusers' layout and in OpenVINO's. The hub, loading, saving, exports and progress read this
 * table; a new component is one row of it.
 *
 * @see https://huggingface.co/docs/diffusers/using-diffusers/loading — diffusers' layout
 * @see https://huggingface.co/docs/optimum-intel/openvino/export — OpenVINO's, where a VAE is two networks
 */

/** A network in OpenVINO's layout, where each has a folder of its own; the names are diffusers' and optimum-intel's. */
export type NetworkName =
  'text_encoder' | 'text_encoder_2' | 'unet' | 'vae_decoder' | 'vae_encoder' | 'safety_checker';

/** How diffusers and transformers call the safetensors files of a component. */
export type WeightsName = 'model' | 'diffusion_pytorch_model';

interface NetworkLayout {
  readonly kind: 'network';
  /** Classes in `model_index.json` that this package builds. */
  readonly classes: readonly string[];
  readonly weights: WeightsName;
  /** The networks it is in OpenVINO's layout. */
  readonly networks: readonly NetworkName[];
  /** Whether optimum-intel reads its weights, and not a network, from a folder in OpenVINO's layout. */
  readonly keepsWeights?: boolean;
}

interface FilesLayout {
  /** `tokenizer`, `scheduler` and `config` are folders of small text files. */
  readonly kind: 'tokenizer' | 'scheduler' | 'config';
}

export const COMPONENTS = {
  text_encoder: {
    kind: 'network',
    classes: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
    weights: 'model',
    networks: ['text_encoder'],
  },
  text_encoder_2: {
    kind: 'network',
    classes: ['CLIPTextModelWithProjection'],
    weights: 'model',
    networks: ['text_encoder_2'],
  },
  unet: {
    kind: 'network',
    classes: ['UNet2DConditionModel'],
    weights: 'diffusion_pytorch_model',
    networks: ['unet'],
  },
  vae: {
    kind: 'network',
    classes: ['AutoencoderKL', 'AutoencoderTiny'],
    weights: 'diffusion_pytorch_model',
    networks: ['vae_decoder', 'vae_encoder'],
  },
  safety_checker: {
    kind: 'network',
    classes: ['StableDiffusionSafetyChecker'],
    weights: 'model',
    networks: ['safety_checker'],
    keepsWeights: true,
  },
  tokenizer: { kind: 'tokenizer' },
  tokenizer_2: { kind: 'tokenizer' },
  scheduler: { kind: 'scheduler' },
  feature_extractor: { kind: 'config' },
} as const satisfies Readonly<Record<string, NetworkLayout | FilesLayout>>;

/** A component by its name in `model_index.json`. */
export type ComponentKey = keyof typeof COMPONENTS;
type KeyOf<Kind> = {
  [Key in ComponentKey]: (typeof COMPONENTS)[Key]['kind'] extends Kind ? Key : never;
}[ComponentKey];
export type NetworkKey = KeyOf<'network'>;
/** A tokenizer, by diffusers' name: `'tokenizer'`, in SDXL also `'tokenizer_2'`. */
export type TokenizerName = KeyOf<'tokenizer'>;

/** What progress events, errors and options call a part of a model. */
export type ComponentName = NetworkName | TokenizerName;

const keysOf = <Kind extends string>(...kinds: Kind[]): KeyOf<Kind>[] =>
  (Object.keys(COMPONENTS) as ComponentKey[]).filter((key): key is KeyOf<Kind> =>
    (kinds as string[]).includes(COMPONENTS[key].kind),
  );

export const NETWORK_KEYS = keysOf('network');
export const TOKENIZER_NAMES = keysOf('tokenizer');
/** Folders of text files, which a saved model takes over as they are, but for the scheduler's. */
export const TEXT_FOLDERS = keysOf('scheduler', 'tokenizer', 'config');

interface PipelineLayout {
  readonly required: readonly ComponentKey[];
  readonly optional: readonly ComponentKey[];
  readonly isXl: boolean;
}

const STABLE_DIFFUSION: PipelineLayout = {
  required: ['text_encoder', 'tokenizer', 'unet', 'vae', 'scheduler'],
  optional: ['safety_checker', 'feature_extractor'],
  isXl: false,
};
/** A refiner has the second text encoder only. */
const STABLE_DIFFUSION_XL: PipelineLayout = {
  required: ['text_encoder_2', 'tokenizer_2', 'unet', 'vae', 'scheduler'],
  optional: ['text_encoder', 'tokenizer', 'feature_extractor'],
  isXl: true,
};

/** Pipeline classes of `model_index.json`, without the OV that optimum-intel puts before them. */
export const PIPELINES: Readonly<Partial<Record<string, PipelineLayout>>> = {
  StableDiffusionPipeline: STABLE_DIFFUSION,
  StableDiffusionImg2ImgPipeline: STABLE_DIFFUSION,
  StableDiffusionInpaintPipeline: STABLE_DIFFUSION,
  LatentConsistencyModelPipeline: STABLE_DIFFUSION,
  LatentConsistencyModelImg2ImgPipeline: STABLE_DIFFUSION,
  StableDiffusionXLPipeline: STABLE_DIFFUSION_XL,
  StableDiffusionXLImg2ImgPipeline: STABLE_DIFFUSION_XL,
  StableDiffusionXLInpaintPipeline: STABLE_DIFFUSION_XL,
};

/** What `model_index.json` says. */
export type ModelIndex = Readonly<Record<string, unknown>>;

/** The pipeline class an index names, as diffusers calls it. */
export function pipelineClassOf(index: ModelIndex): string {
  return String(index._class_name).replace(/^OV(?=[A-Z])/, '');
}

/**
 * Which components the pipeline of an index has.
 *
 * @param path - of the model, for the message
 * @throws ModelLoadError `UNSUPPORTED` for a pipeline class that is not in the table
 */
export function pipelineLayoutOf(index: ModelIndex, path: string): PipelineLayout {
  const name = pipelineClassOf(index);
  const layout = Object.hasOwn(PIPELINES, name) ? PIPELINES[name] : undefined;
  if (layout) return layout;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${path} holds a ${String(index._class_name)}; supported are ${Object.keys(PIPELINES).join(', ')}`,
  );
}

/** Whether an index gives a component a class; `[null, null]` and no entry both mean that there is none. */
export function isNamed(index: ModelIndex, key: ComponentKey): boolean {
  const entry = index[key];
  return Array.isArray(entry) && entry[1] !== null && entry[1] !== undefined;
}

/**
 * The class that an index gives a network, or undefined where the model has none.
 *
 * @param path - of the model, for the message
 * @throws ModelLoadError `UNSUPPORTED` for a class that this package does not build
 */
export function networkClassOf(index: ModelIndex, key: NetworkKey, path: string): string | undefined {
  if (!isNamed(index, key)) return undefined;
  const name = (index[key] as readonly unknown[])[1];
  const { classes }: NetworkLayout = COMPONENTS[key];
  if (typeof name === 'string' && classes.includes(name)) return name;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The ${key} of ${path} is of class ${JSON.stringify(name)}; supported is ${classes.join(' or ')}`,
  );
}
