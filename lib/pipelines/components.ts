import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import {
  ClipTokenizer,
  TextEncoder,
  UNet,
  VaeDecoder,
  type CompileSettings,
  VaeEncoder,
} from '../components/index.js';
import { readConfigFile } from '../config-file.js';
import { ModelLoadError } from '../errors.js';
import { fileExists } from '../file-exists.js';
import { schedulerFromPretrained, type Scheduler } from '../schedulers/index.js';
import type { PipelineProgress } from './pipeline-options.js';
import { TaskQueue } from './queue.js';

/** A loaded model: what pipelines over the same weights share. */
export interface StableDiffusionComponents {
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
const PIPELINES = ['StableDiffusionPipeline', 'OVStableDiffusionPipeline'];

const indexSchema = z.looseObject({ _class_name: z.string() });

const unetSchema = z.looseObject({
  in_channels: z.int().positive().optional(),
  cross_attention_dim: z.int().positive().optional(),
  sample_size: z.int().positive().nullish(),
});

const vaeSchema = z.looseObject({
  block_out_channels: z.array(z.int()).min(1).optional(),
  scaling_factor: z.number().positive().nullish(),
});

/**
 * Loads a folder in optimum-intel's layout (versions 1.7 to 2.2).
 *
 * @throws ModelLoadError naming the file that is missing, broken or does not fit
 */
export async function loadComponents(
  folder: string,
  settings: CompileSettings,
  onProgress: (progress: PipelineProgress) => void,
  signal: AbortSignal | undefined,
): Promise<StableDiffusionComponents & { scheduler: Scheduler }> {
  await requireFolder(folder);
  const index = await readConfigFile(join(folder, 'model_index.json'), indexSchema);
  if (!PIPELINES.includes(index._class_name)) {
    throw new ModelLoadError(
      'UNSUPPORTED',
      `${folder} holds a ${index._class_name}; supported are ${PIPELINES.join(' and ')}`,
    );
  }
  const unetConfig = await readConfigFile(join(folder, 'unet', 'config.json'), unetSchema);
  const vaeConfig = await readConfigFile(join(folder, 'vae_decoder', 'config.json'), vaeSchema);
  const scheduler = await schedulerFromPretrained(folder, { subfolder: 'scheduler' });

  const opened: AsyncDisposable[] = [];
  let done = 0;
  const read = async <T>(component: PipelineProgress['component'], load: () => Promise<T>): Promise<T> => {
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
    const tokenizer = await read('tokenizer', () => ClipTokenizer.fromPretrained(join(folder, 'tokenizer')));
    const textEncoder = await read('text encoder', async () =>
      keep(TextEncoder.read(await findModel(folder, 'text_encoder'), settings)),
    );
    const unet = await read('UNet', async () =>
      keep(
        UNet.read(await findModel(folder, 'unet'), settings, {
          inChannels: unetConfig.in_channels,
          crossAttentionDim: unetConfig.cross_attention_dim,
        }),
      ),
    );
    const vaeDecoder = await read('VAE decoder', async () =>
      keep(VaeDecoder.read(await findModel(folder, 'vae_decoder'), settings)),
    );
    // Text to image needs no encoder, and versions before 1.9 exported none.
    const vaeEncoder = await read('VAE encoder', async () => {
      const path = await findModel(folder, 'vae_encoder').catch(() => undefined);
      return path === undefined ? undefined : keep(VaeEncoder.read(path, settings));
    });
    checkFit(folder, textEncoder, unet, vaeDecoder);
    return {
      name: folder,
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

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new ModelLoadError('MODEL_NOT_FOUND', `There is no folder ${folder}`);
}

/** The component's .xml under either of the names optimum-intel has given it, its .bin checked too. */
async function findModel(folder: string, component: string): Promise<string> {
  const candidates = ['openvino_model.xml', 'ov_model.xml'].map((name) => join(folder, component, name));
  for (const path of candidates) {
    if (!(await fileExists(path))) continue;
    const weights = path.replace(/\.xml$/, '.bin');
    if (await fileExists(weights)) return path;
    throw new ModelLoadError('MODEL_NOT_FOUND', `${path} is there but its weights are not: ${weights}`);
  }
  throw new ModelLoadError('MODEL_NOT_FOUND', `Neither ${candidates.join(' nor ')} exists`);
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
