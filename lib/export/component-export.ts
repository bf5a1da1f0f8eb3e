import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InferenceError } from '../errors.js';
import type { Model } from '../runtime/index.js';
import {
  autoencoderKlConfigSchema,
  autoencoderKlDecoder,
  autoencoderKlEncoder,
  isDecoderKey,
  VAE_SUPPORTED,
  type RuntimeInfo,
} from './autoencoder-kl.js';
import {
  clipTextConfigSchema,
  clipTextModel,
  clipTextModelWithProjection,
  type ClipTextOptions,
} from './clip-text-model.js';
import { readNetworkConfig } from './network-config.js';
import { safetyChecker, safetyCheckerConfigSchema } from './safety-checker.js';
import { unet2dConditionModel, type UNetOptions } from './unet-2d-condition-model.js';
import { UNET_SUPPORTED, unetConfigSchema } from './unet-config.js';
import { findWeightFiles } from './weight-files.js';
import type { WeightFormat } from './weight-formats.js';
import { WeightStore, type Weights } from './weights.js';

/** Components in optimum-intel's layout, each a folder of its own. */
export type ComponentName =
  'text_encoder' | 'text_encoder_2' | 'unet' | 'vae_decoder' | 'vae_encoder' | 'safety_checker';

/** A component whose configuration was found good and whose weights are ready to be taken. */
export interface ComponentExport {
  readonly name: ComponentName;
  /** What its config.json is to say. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Builds its network over the mapped weights.
   *
   * @param scratch - folder for a file without a name that holds weights in another format than they are stored in.
   * Default: the system's for temporary files
   * @throws SaveError when that folder has no room for them
   * @throws ModelLoadError `MODEL_CORRUPT` listing the keys that are missing, unexpected or of another shape
   */
  readonly build: (scratch?: string) => Promise<Model>;
}

export interface WeightOptions {
  readonly weightFormat: WeightFormat;
  readonly variant: string | undefined;
}

const TRANSFORMERS_WEIGHTS = 'model';
const DIFFUSERS_WEIGHTS = 'diffusion_pytorch_model';

/** @param projection - whether the class is CLIPTextModelWithProjection */
export async function textEncoderExport(
  name: 'text_encoder' | 'text_encoder_2',
  folder: string,
  projection: boolean,
  weights: WeightOptions,
  options: ClipTextOptions,
): Promise<ComponentExport & { projectionDim: number }> {
  const { config, raw } = await readNetworkConfig(join(folder, 'config.json'), clipTextConfigSchema);
  const files = await findWeightFiles(folder, TRANSFORMERS_WEIGHTS, weights.variant);
  const network = projection ? clipTextModelWithProjection : clipTextModel;
  return {
    name,
    config: {
      ...raw,
      export_model_type: projection ? 'clip-text-with-projection' : 'clip-text',
      ...(options.hiddenStates ? { output_hidden_states: true } : {}),
    },
    projectionDim: config.projection_dim,
    build: (scratch) => buildNetwork(files, weights, scratch, (root) => network(root, config, options)),
  };
}

export async function unetExport(
  folder: string,
  weights: WeightOptions,
  options: UNetOptions,
): Promise<ComponentExport> {
  const { config, raw } = await readNetworkConfig(
    join(folder, 'config.json'),
    unetConfigSchema,
    UNET_SUPPORTED,
  );
  const files = await findWeightFiles(folder, DIFFUSERS_WEIGHTS, weights.variant);
  return {
    name: 'unet',
    config: raw,
    build: (scratch) =>
      buildNetwork(files, weights, scratch, (root) => unet2dConditionModel(root, config, options)),
  };
}

/**
 * @param scaleFactor - what devices computing in f16 divide activations by, chosen after the configuration
 * @returns decoder and encoder, which share one file
 */
export async function vaeExports(
  folder: string,
  weights: WeightOptions,
  scaleFactor: (config: { forceUpcast: boolean }) => string | undefined,
): Promise<ComponentExport[]> {
  const { config, raw } = await readNetworkConfig(
    join(folder, 'config.json'),
    autoencoderKlConfigSchema,
    VAE_SUPPORTED,
  );
  const files = await findWeightFiles(folder, DIFFUSERS_WEIGHTS, weights.variant);
  const factor = scaleFactor({ forceUpcast: config.force_upcast });
  const info: RuntimeInfo =
    factor === undefined ? [] : [['runtime_options', 'ACTIVATIONS_SCALE_FACTOR', factor]];
  return [
    {
      name: 'vae_decoder',
      config: raw,
      build: (scratch) =>
        buildNetwork(
          files,
          weights,
          scratch,
          (root) => autoencoderKlDecoder(root, config, info),
          isDecoderKey,
        ),
    },
    {
      name: 'vae_encoder',
      config: raw,
      build: (scratch) =>
        buildNetwork(
          files,
          weights,
          scratch,
          (root) => autoencoderKlEncoder(root, config, info),
          (key) => !isDecoderKey(key),
        ),
    },
  ];
}

export async function safetyCheckerExport(folder: string, weights: WeightOptions): Promise<ComponentExport> {
  const { config, raw } = await readNetworkConfig(join(folder, 'config.json'), safetyCheckerConfigSchema);
  const files = await findWeightFiles(folder, TRANSFORMERS_WEIGHTS, weights.variant);
  return {
    name: 'safety_checker',
    config: raw,
    build: (scratch) => buildNetwork(files, weights, scratch, (root) => safetyChecker(root, config)),
  };
}

async function buildNetwork(
  files: readonly string[],
  { weightFormat }: WeightOptions,
  scratch: string = tmpdir(),
  network: (root: Weights) => Model,
  belongs?: (key: string) => boolean,
): Promise<Model> {
  using store = new WeightStore(files, weightFormat, scratch);
  let model: Model;
  try {
    model = network(store.root);
  } catch (error) {
    // OpenVINO's complaint about a network with holes says less than what the holes are.
    if (error instanceof InferenceError) store.finish(belongs);
    throw error;
  }
  try {
    store.finish(belongs);
    await store.convert();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
