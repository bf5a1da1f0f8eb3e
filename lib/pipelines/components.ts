import { TextEncoder, UNet, VaeDecoder, type CompileSettings, VaeEncoder } from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import type { ClipTokenizer } from '../tokenizer/index.js';
import type { Scheduler } from '../schedulers/index.js';
import type { ModelFolder } from '../models/loading/model-folder.js';
import type { ComponentProgress } from './pipeline-options.js';
import { TaskQueue } from './queue.js';

/** A loaded model: what pipelines over the same weights share. */
export interface StableDiffusionComponents {
  /** The id or the folder that was asked for. */
  readonly name: string;
  readonly tokenizer: ClipTokenizer;
  readonly textEncoder: TextEncoder;
  readonly unet: UNet;
  readonly vaeDecoder: VaeDecoder;
  readonly vaeEncoder: VaeEncoder | undefined;
  /** Pixels a latent, in each direction; 8 for SD. */
  readonly vaeScaleFactor: number;
  /** What latents are multiplied by after encoding; 0.18215 for SD. */
  readonly scalingFactor: number;
  /** The side, in latents, the model was trained on; 64 for SD 1.x. */
  readonly sampleSize: number;
  /** The models do one thing at a time, whoever asks. */
  readonly queue: TaskQueue;
}

/** Told as progress: tokenizer, text encoder, UNet, VAE decoder, VAE encoder. */
const COMPONENTS = 5;

/**
 * Opens every component of a model.
 *
 * @throws ModelLoadError naming the file that is missing, broken or does not fit
 */
export async function loadComponents(
  model: ModelFolder,
  settings: CompileSettings,
  onProgress: (progress: ComponentProgress) => void,
  signal: AbortSignal | undefined,
): Promise<StableDiffusionComponents & { scheduler: Scheduler }> {
  const { folder, unetConfig, vaeConfig } = model;
  const scheduler = await model.scheduler();

  const opened: AsyncDisposable[] = [];
  let done = 0;
  const read = async <T>(component: ComponentProgress['component'], load: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const loaded = await load();
    onProgress({ phase: 'read', component, done: ++done, total: COMPONENTS });
    return loaded;
  };
  const keep = async <T extends AsyncDisposable>(load: Promise<T>): Promise<T> => {
    const component = await load;
    opened.push(component);
    return component;
  };

  try {
    const tokenizer = await read('tokenizer', () => model.tokenizer());
    const textEncoder = await read('text encoder', () => keep(TextEncoder.read(model.textEncoder, settings)));
    const unet = await read('UNet', () =>
      keep(
        UNet.read(model.unet, settings, {
          inChannels: unetConfig.in_channels,
          crossAttentionDim: unetConfig.cross_attention_dim,
        }),
      ),
    );
    const vaeDecoder = await read('VAE decoder', () => keep(VaeDecoder.read(model.vaeDecoder, settings)));
    const { vaeEncoder: source } = model;
    const vaeEncoder = await read('VAE encoder', () =>
      source ? keep(VaeEncoder.read(source, settings)) : Promise.resolve(undefined),
    );
    checkFit(folder, textEncoder, unet, vaeDecoder);
    return {
      name: model.name,
      tokenizer,
      textEncoder,
      unet,
      vaeDecoder,
      vaeEncoder,
      scheduler,
      vaeScaleFactor: 2 ** ((vaeConfig.block_out_channels?.length ?? 4) - 1),
      scalingFactor: vaeConfig.scaling_factor ?? 0.18215,
      sampleSize: unetConfig.sample_size ?? 64,
      queue: new TaskQueue(),
    };
  } catch (error) {
    await Promise.all(opened.map((component) => component[Symbol.asyncDispose]()));
    throw error;
  }
}

function checkFit(folder: string, textEncoder: TextEncoder, unet: UNet, vaeDecoder: VaeDecoder): void {
  if (textEncoder.hiddenSize !== unet.crossAttentionDim) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The text encoder in ${folder} gives states of width ${textEncoder.hiddenSize} but its UNet takes ${unet.crossAttentionDim}; they are of different models`,
    );
  }
  if (vaeDecoder.latentChannels !== unet.inChannels) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet in ${folder} takes ${unet.inChannels} latent channels but its VAE has ${vaeDecoder.latentChannels}`,
    );
  }
}
