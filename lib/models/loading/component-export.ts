import { tmpdir } from 'node:os';

import { InferenceError } from '../../common/errors.js';
import type { Model } from '../../runtime/index.js';
import {
  autoencoderKlConfigSchema,
  autoencoderKlDecoder,
  autoencoderKlEncoder,
  isDecoderKey,
  VAE_SUPPORTED,
  type RuntimeInfo,
} from '../definitions/autoencoder-kl.js';
import {
  clipTextConfigSchema,
  clipTextModel,
  clipTextModelWithProjection,
  type ClipTextOptions,
} from '../definitions/clip/text-model.js';
import { checkNetworkConfig, type NetworkConfig } from '../definitions/network-config.js';
import { safetyChecker, safetyCheckerConfigSchema } from '../definitions/safety-checker.js';
import { unet2dConditionModel, type UNetOptions } from '../definitions/unet/unet-2d-condition-model.js';
import { UNET_SUPPORTED, unetConfigSchema } from '../definitions/unet/config.js';
import { WeightStore, type Weights, type WeightSource } from '../weights/weight-store.js';

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

/** What a network is built from. */
export interface NetworkSource {
  readonly config: NetworkConfig;
  readonly weights: WeightSource;
}

/** @param projection - whether the class is CLIPTextModelWithProjection */
export function textEncoderExport(
  name: 'text_encoder' | 'text_encoder_2',
  source: NetworkSource,
  projection: boolean,
  options: ClipTextOptions,
): ComponentExport & { projectionDim: number } {
  const config = checkNetworkConfig(source.config, clipTextConfigSchema);
  const network = projection ? clipTextModelWithProjection : clipTextModel;
  return {
    name,
    config: {
      ...source.config.raw,
      export_model_type: projection ? 'clip-text-with-projection' : 'clip-text',
      ...(options.hiddenStates ? { output_hidden_states: true } : {}),
    },
    projectionDim: config.projection_dim,
    build: (scratch) => buildNetwork(source.weights, scratch, (root) => network(root, config, options)),
  };
}

export function unetExport(source: NetworkSource, options: UNetOptions): ComponentExport {
  const config = checkNetworkConfig(source.config, unetConfigSchema, UNET_SUPPORTED);
  return {
    name: 'unet',
    config: source.config.raw,
    build: (scratch) =>
      buildNetwork(source.weights, scratch, (root) => unet2dConditionModel(root, config, options)),
  };
}

/**
 * @param scaleFactor - what devices computing in f16 divide activations by, chosen after the configuration
 * @returns decoder and encoder, whose weights stand together
 */
export function vaeExports(
  source: NetworkSource,
  scaleFactor: (config: { forceUpcast: boolean }) => string | undefined,
): ComponentExport[] {
  const config = checkNetworkConfig(source.config, autoencoderKlConfigSchema, VAE_SUPPORTED);
  const factor = scaleFactor({ forceUpcast: config.force_upcast });
  const info: RuntimeInfo =
    factor === undefined ? [] : [['runtime_options', 'ACTIVATIONS_SCALE_FACTOR', factor]];
  const half = (
    name: 'vae_decoder' | 'vae_encoder',
    network: typeof autoencoderKlDecoder,
    belongs: (key: string) => boolean,
  ): ComponentExport => ({
    name,
    config: source.config.raw,
    build: (scratch) => buildNetwork(source.weights, scratch, (root) => network(root, config, info), belongs),
  });
  return [
    half('vae_decoder', autoencoderKlDecoder, isDecoderKey),
    half('vae_encoder', autoencoderKlEncoder, (key) => !isDecoderKey(key)),
  ];
}

export function safetyCheckerExport(source: NetworkSource): ComponentExport {
  const config = checkNetworkConfig(source.config, safetyCheckerConfigSchema);
  return {
    name: 'safety_checker',
    config: source.config.raw,
    build: (scratch) => buildNetwork(source.weights, scratch, (root) => safetyChecker(root, config)),
  };
}

async function buildNetwork(
  weights: WeightSource,
  scratch: string = tmpdir(),
  network: (root: Weights) => Model,
  belongs?: (key: string) => boolean,
): Promise<Model> {
  using store = new WeightStore(weights, scratch);
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
