import { tmpdir } from 'node:os';

import { InferenceError, ModelLoadError } from '../../common/errors.js';
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
  autoencoderTinyConfigSchema,
  autoencoderTinyDecoder,
  autoencoderTinyEncoder,
  TINY_VAE_SUPPORTED,
} from '../definitions/autoencoder-tiny.js';
import {
  clipTextConfigSchema,
  clipTextModel,
  clipTextModelWithProjection,
  type ClipTextOptions,
} from '../definitions/clip/text-model.js';
import { checkNetworkConfig, type NetworkConfig } from '../definitions/network-config.js';
import { safetyChecker, safetyCheckerConfigSchema } from '../definitions/safety-checker.js';
import { UNET_SUPPORTED, unetConfigSchema } from '../definitions/unet/config.js';
import { correctUNetConfig } from '../definitions/unet/corrections.js';
import type { UNetOptions } from '../definitions/unet/inputs.js';
import { unet2dConditionModel } from '../definitions/unet/unet-2d-condition-model.js';
import type { NetworkKey, NetworkName } from '../layout.js';
import type { NetworkSource } from '../network-source.js';
import type { WeightScope } from '../weights/weight-scope.js';
import { WeightStore, type WeightSource } from '../weights/weight-store.js';

/** A network whose configuration was checked and whose weights were found. */
export interface ComponentExport {
  readonly name: NetworkName;
  /** What its config.json is to say. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The folder or file it is read from, where that is not the model's. */
  readonly root?: string | undefined;
  /** The files its weights are mapped from. */
  readonly weightFiles: readonly string[];
  /** Files of weights that are saved beside the network, because optimum-intel reads them and not the network. */
  readonly savedWeights?: readonly string[];
  /** A text encoder's width of its pooled states. */
  readonly projectionDim?: number;
  /**
   * Builds its network over the mapped weights.
   *
   * @param scratchDir - folder for an unnamed file of the weights that are not stored in the wanted format.
   * Default: the system's for temporary files
   * @throws SaveError when that folder has no room for them
   * @throws ModelLoadError `MODEL_CORRUPT` listing the keys that are missing or of another shape
   */
  readonly build: (scratchDir?: string) => Promise<Model>;
  /** Where it is in OpenVINO's layout already; it is saved as it is there. */
  readonly source?: NetworkSource | undefined;
}

/** What a network is built from. */
export interface NetworkWeights {
  readonly config: NetworkConfig;
  readonly weights: WeightSource;
}

/** What the networks of one model are exported with, beside their own configurations and weights. */
export interface ExportContext extends ClipTextOptions, Pick<UNetOptions, 'tokens'> {
  readonly isXl: boolean;
  /** What VAEs divide activations by in f16. */
  readonly scaleFactor: ScaleFactor;
  /** The exports before this one, in the order of the layout. */
  readonly others: readonly ComponentExport[];
}

/** What devices computing in f16 divide a VAE's activations by, chosen after its configuration. */
export type ScaleFactor = (config: { forceUpcast: boolean }) => string | undefined;

type Exporter = (source: NetworkWeights, context: ExportContext, key: NetworkKey) => ComponentExport[];

/** How networks are exported, by their classes in model_index.json. */
const EXPORTERS: Readonly<Partial<Record<string, Exporter>>> = {
  CLIPTextModel: textEncoder(false),
  CLIPTextModelWithProjection: textEncoder(true),
  UNet2DConditionModel: (source, { tokens, isXl, others }) => {
    const pooled = others.findLast(({ projectionDim }) => projectionDim !== undefined);
    return [unetExport(source, { tokens, textEmbedsWidth: isXl ? pooled?.projectionDim : undefined })];
  },
  AutoencoderKL: (source, { scaleFactor }) => vaeExports(source, scaleFactor),
  AutoencoderTiny: (source) => tinyVaeExports(source),
  StableDiffusionSafetyChecker: (source) => [safetyCheckerExport(source)],
};

/**
 * The networks that a component of a class is exported as.
 *
 * @param className - one of the component's classes in the layout
 * @throws ModelLoadError `CONFIG_INVALID`, `UNSUPPORTED`
 */
export function networkExports(
  className: string,
  key: NetworkKey,
  source: NetworkWeights,
  context: ExportContext,
): ComponentExport[] {
  const exporter = EXPORTERS[className];
  if (exporter) return exporter(source, context, key);
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${source.config.path} describes a ${className}, which cannot be exported`,
  );
}

function textEncoder(projection: boolean): Exporter {
  return (source, context, key) => [textEncoderExport(key as TextEncoderName, source, projection, context)];
}

type TextEncoderName = 'text_encoder' | 'text_encoder_2';

/** @param projection - whether the class is CLIPTextModelWithProjection */
export function textEncoderExport(
  name: TextEncoderName,
  source: NetworkWeights,
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
    weightFiles: source.weights.files,
    build: (scratchDir) => buildNetwork(source.weights, scratchDir, (root) => network(root, config, options)),
  };
}

export function unetExport(source: NetworkWeights, options: UNetOptions): ComponentExport {
  const config = checkNetworkConfig(source.config, unetConfigSchema, UNET_SUPPORTED);
  return {
    name: 'unet',
    config: correctUNetConfig(source.config.raw),
    weightFiles: source.weights.files,
    build: (scratchDir) =>
      buildNetwork(source.weights, scratchDir, (root) => unet2dConditionModel(root, config, options)),
  };
}

/** @returns decoder and encoder, which share files of weights */
export function vaeExports(source: NetworkWeights, scaleFactor: ScaleFactor): ComponentExport[] {
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
    weightFiles: source.weights.files,
    build: (scratchDir) =>
      buildNetwork(source.weights, scratchDir, (root) => network(root, config, info), belongs),
  });
  return [
    half('vae_decoder', autoencoderKlDecoder, isDecoderKey),
    half('vae_encoder', autoencoderKlEncoder, (key) => !isDecoderKey(key)),
  ];
}

/** @returns decoder and encoder of an AutoencoderTiny */
export function tinyVaeExports(source: NetworkWeights): ComponentExport[] {
  const config = checkNetworkConfig(source.config, autoencoderTinyConfigSchema, TINY_VAE_SUPPORTED);
  const half = (
    name: 'vae_decoder' | 'vae_encoder',
    network: typeof autoencoderTinyDecoder,
    prefix: string,
  ): ComponentExport => ({
    name,
    config: source.config.raw,
    weightFiles: source.weights.files,
    build: (scratchDir) =>
      buildNetwork(
        source.weights,
        scratchDir,
        (root) => network(root, config),
        (key) => key.startsWith(prefix),
      ),
  });
  return [
    half('vae_decoder', autoencoderTinyDecoder, 'decoder.'),
    half('vae_encoder', autoencoderTinyEncoder, 'encoder.'),
  ];
}

export function safetyCheckerExport(source: NetworkWeights): ComponentExport {
  const config = checkNetworkConfig(source.config, safetyCheckerConfigSchema);
  return {
    name: 'safety_checker',
    config: source.config.raw,
    weightFiles: source.weights.files,
    savedWeights: source.weights.files,
    build: (scratchDir) => buildNetwork(source.weights, scratchDir, (root) => safetyChecker(root, config)),
  };
}

async function buildNetwork(
  weights: WeightSource,
  scratchDir: string = tmpdir(),
  network: (root: WeightScope) => Model,
  belongs?: (key: string) => boolean,
): Promise<Model> {
  using store = new WeightStore(weights, scratchDir);
  let model: Model;
  try {
    model = network(store.root);
  } catch (error) {
    // What OpenVINO says of a network with placeholders for weights says less than the list of what is missing.
    if (error instanceof InferenceError) store.finish(belongs);
    throw error;
  }
  try {
    store.finish(belongs);
    while (!(await store.convert())) {
      model.dispose();
      model = network(store.root);
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
