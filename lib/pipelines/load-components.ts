import {
  SafetyChecker,
  TextEncoder,
  UNet,
  VaeDecoder,
  VaeEncoder,
  type CompileSettings,
} from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import {
  findNetwork,
  pipelineLayoutOf,
  requireNetwork,
  type NetworkSource,
  type PretrainedModel,
  type TokenizerName,
} from '../models/index.js';
import { ClipTokenizer } from '../tokenizer/index.js';
import { readImageProcessorConfig } from './check-images.js';
import type { ComponentProgress } from './progress.js';

/** What pipelines of every kind of Stable Diffusion have. */
export interface LatentDiffusionComponents {
  readonly unet: UNet;
  readonly vaeDecoder: VaeDecoder;
  /** Undefined where the model has none; text to image needs none. */
  readonly vaeEncoder?: VaeEncoder | undefined;
  /** A second decoder, which decodes previews only. */
  readonly tinyVae?: VaeDecoder | undefined;
  /** Undefined where the model has none, or was loaded with `safetyChecker: null`; images are then not checked. */
  readonly safetyChecker?: SafetyChecker | undefined;
  /** What they were loaded from. */
  readonly model: PretrainedModel;
}

/**
 * What pipelines of Stable Diffusion consist of, by diffusers' names. Components may be taken from several models, to
 * swap a VAE for example, and be shared by several pipelines.
 */
export interface StableDiffusionComponents extends LatentDiffusionComponents {
  readonly tokenizer: ClipTokenizer;
  readonly textEncoder: TextEncoder;
}

/** What pipelines of Stable Diffusion XL consist of; refiners have no first tokenizer and text encoder. */
export interface StableDiffusionXLComponents extends LatentDiffusionComponents {
  readonly tokenizer?: ClipTokenizer | undefined;
  readonly textEncoder?: TextEncoder | undefined;
  readonly tokenizer2: ClipTokenizer;
  readonly textEncoder2: TextEncoder;
}

/** What a model of any kind has. */
export type LoadedComponents = LatentDiffusionComponents & {
  readonly [Name in 'tokenizer' | 'textEncoder' | 'tokenizer2' | 'textEncoder2']?:
    StableDiffusionXLComponents[Name] | undefined;
};

interface LoadingHooks {
  readonly onProgress?: ((progress: ComponentProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Load<T> = (source: NetworkSource, settings: CompileSettings) => Promise<T>;

/** Networks of a pipeline in the order they are read, with the tokenizers before them. */
const ORDER = [
  'tokenizer',
  'tokenizer_2',
  'text_encoder',
  'text_encoder_2',
  'unet',
  'vae_decoder',
  'vae_encoder',
] as const;
const XL_ONLY: readonly string[] = ['tokenizer_2', 'text_encoder_2'];
type NetworkInOrder = Exclude<(typeof ORDER)[number], TokenizerName>;

/**
 * Reads every component of a model.
 *
 * @throws ModelLoadError naming the file that is missing, broken or unfit
 * @throws the signal's reason
 */
export async function loadComponents(
  model: PretrainedModel,
  settings: CompileSettings,
  { onProgress, signal }: LoadingHooks,
): Promise<LoadedComponents> {
  const { isXl, required: keys } = pipelineLayoutOf(model.index, model.path);
  const order = ORDER.filter((name) => isXl || !XL_ONLY.includes(name));
  const opened: { dispose(): Promise<void> }[] = [];
  const read = async <T>(component: (typeof ORDER)[number], load: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const loaded = await load();
    onProgress?.({
      phase: 'read',
      component,
      done: order.indexOf(component) + 1,
      total: order.length,
    });
    return loaded;
  };
  const open = async <T extends { dispose(): Promise<void> }>(
    load: Load<T>,
    source: NetworkSource,
  ): Promise<T> => {
    const component = await load(source, settings);
    opened.push(component);
    return component;
  };
  const required = async <T extends { dispose(): Promise<void> }>(
    name: NetworkInOrder,
    load: Load<T>,
  ): Promise<T> => read(name, () => open(load, requireNetwork(model, name)));
  const optional = async <T extends { dispose(): Promise<void> }>(
    name: NetworkInOrder,
    load: Load<T>,
  ): Promise<T | undefined> => {
    const source = findNetwork(model, name);
    return read(name, async () => (source ? open(load, source) : undefined));
  };

  // One after another, in the order: what follows a missing one need not be read.
  const textEncoder = async (name: 'text_encoder' | 'text_encoder_2') =>
    (keys.includes(name) ? required : optional)(name, (...args) => TextEncoder.read(...args));
  const tokenizer = async (name: TokenizerName) =>
    read(name, () => readTokenizer(model, name, keys.includes(name)));

  try {
    return {
      tokenizer: await tokenizer('tokenizer'),
      ...(isXl && { tokenizer2: await tokenizer('tokenizer_2') }),
      textEncoder: await textEncoder('text_encoder'),
      ...(isXl && { textEncoder2: await textEncoder('text_encoder_2') }),
      unet: await required('unet', (...args) => UNet.read(...args)),
      vaeDecoder: await required('vae_decoder', (...args) => VaeDecoder.read(...args)),
      vaeEncoder: await optional('vae_encoder', (...args) => VaeEncoder.read(...args)),
      safetyChecker: await safetyCheckerOf(model, settings),
      model,
    };
  } catch (error) {
    await Promise.all(opened.map((component) => component.dispose()));
    throw error;
  }
}

/** Its network is read when it is used. */
async function safetyCheckerOf(
  model: PretrainedModel,
  settings: CompileSettings,
): Promise<SafetyChecker | undefined> {
  const source = findNetwork(model, 'safety_checker');
  return source && new SafetyChecker(source, settings, await readImageProcessorConfig(source.root));
}

async function readTokenizer(
  { tokenizers, path }: PretrainedModel,
  name: TokenizerName,
  isRequired: boolean,
): Promise<ClipTokenizer | undefined> {
  const source = tokenizers[name];
  if (source) return ClipTokenizer.fromPretrained(source.folder, source.files);
  if (!isRequired) return undefined;
  throw new ModelLoadError('MODEL_NOT_FOUND', `${path} has no ${name}`);
}
