import { TextEncoder, UNet, VaeDecoder, VaeEncoder, type CompileSettings } from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import { findNetwork, requireNetwork, type NetworkSource, type PretrainedModel } from '../models/index.js';
import { ClipTokenizer } from '../tokenizer/index.js';
import type { ComponentProgress } from './progress.js';

/**
 * What pipelines of Stable Diffusion consist of, by diffusers' names. Components may be taken from several models, to
 * swap a VAE for example, and be shared by several pipelines.
 */
export interface StableDiffusionComponents {
  readonly tokenizer: ClipTokenizer;
  readonly textEncoder: TextEncoder;
  readonly unet: UNet;
  readonly vaeDecoder: VaeDecoder;
  /** Undefined where the model has none; text to image needs none. */
  readonly vaeEncoder?: VaeEncoder | undefined;
  /** What they were loaded from. */
  readonly model: PretrainedModel;
}

interface LoadingHooks {
  readonly onProgress?: ((progress: ComponentProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Load<T> = (source: NetworkSource, settings: CompileSettings) => Promise<T>;

/** Networks of a pipeline in the order they are read, with the tokenizer before them. */
const ORDER = ['tokenizer', 'text_encoder', 'unet', 'vae_decoder', 'vae_encoder'] as const;
type NetworkInOrder = Exclude<(typeof ORDER)[number], 'tokenizer'>;

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
): Promise<StableDiffusionComponents> {
  const opened: { dispose(): Promise<void> }[] = [];
  const read = async <T>(component: (typeof ORDER)[number], load: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const loaded = await load();
    onProgress?.({
      phase: 'read',
      component,
      done: ORDER.indexOf(component) + 1,
      total: ORDER.length,
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

  try {
    return {
      tokenizer: await read('tokenizer', () => readTokenizer(model)),
      textEncoder: await required('text_encoder', (...args) => TextEncoder.read(...args)),
      unet: await required('unet', (...args) => UNet.read(...args)),
      vaeDecoder: await required('vae_decoder', (...args) => VaeDecoder.read(...args)),
      vaeEncoder: await optional('vae_encoder', (...args) => VaeEncoder.read(...args)),
      model,
    };
  } catch (error) {
    await Promise.all(opened.map((component) => component.dispose()));
    throw error;
  }
}

async function readTokenizer({ tokenizers, path }: PretrainedModel): Promise<ClipTokenizer> {
  const { tokenizer } = tokenizers;
  if (tokenizer) return ClipTokenizer.fromPretrained(tokenizer.folder, tokenizer.files);
  throw new ModelLoadError('MODEL_NOT_FOUND', `${path} has no tokenizer`);
}
